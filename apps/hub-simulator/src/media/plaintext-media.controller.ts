import { refuseDetail, refuseMediaField, type Answer } from '../answer.js';
import { type Exchange } from '../edge/exchange.js';
import { requireJob } from '../edge/status.controller.js';
import { type Hub } from '../hub.service.js';
import { statusDocument } from '../transfer/status-document.js';
import { type TransferJob } from '../transfer/transfer-job.js';
import { type StagedMedia } from './media-store.service.js';
import { isMultipart, MalformedForm, readMediaForm, type MediaForm } from './multipart.service.js';

/** `POST …/{transfer_key}/media/` with plaintext in a form: the older profiles; hub contract 3.5. */
export async function takePlaintextMedia(exchange: Exchange, hub: Hub): Promise<Answer> {
  requireJob(exchange, hub);
  const { headers } = exchange.request;
  if (!isMultipart(headers['content-type'])) {
    throw refuseDetail(415, `Unsupported media type "${headers['content-type'] ?? ''}" in request.`);
  }
  const form = await readForm(exchange, hub);
  const { file } = form;
  if (file === undefined) throw refuseMediaField('file', 'No file was submitted.');
  exchange.media = { sha256: file.sha256, size: file.size };
  try {
    requireProcessedRole(form);
    if (file.size > hub.settings.maxUploadBytes) throw refuseMediaField('file', 'The file is too large.');
    return await applyMedia(exchange, hub, file);
  } finally {
    await hub.media.discard(file);
  }
}

async function readForm(exchange: Exchange, hub: Hub): Promise<MediaForm> {
  try {
    return await readMediaForm(exchange.request.headers, exchange.body(), hub.media, hub.settings.maxUploadBytes);
  } catch (error) {
    if (error instanceof MalformedForm) throw refuseDetail(400, 'Multipart form parse error.');
    throw error;
  }
}

function requireProcessedRole({ mediaRole }: MediaForm): void {
  if (mediaRole?.trim() !== 'processed') throw refuseMediaField('media_role', 'Only processed media is accepted.');
}

async function applyMedia(exchange: Exchange, hub: Hub, file: StagedMedia): Promise<Answer> {
  // The upload took its time, so the job is looked at again.
  const job = requireJob(exchange, hub);
  requireTakesMedia(job, hub);
  if (file.sha256 !== job.processed_media_hash) throw refuseDetail(400, 'The media has another hash.', 'media_hash');
  const stored = exchange.fault?.type === 'store-wrong-bytes' ? await hub.media.spoil(file) : file;
  await hub.media.keep(stored);
  exchange.commit = hub.change(job.transfer_key, 'media-applied', {
    transfer_status: 'applied',
    processing_decision: 'skip_processing_preserved_state',
    status_detail: 'Processed media applied.',
    media: { sha256: stored.sha256, size: stored.size },
  });
  return { status: 200, body: statusDocument(hub.memory.job(job.transfer_key) ?? job, hub.traits) };
}

/** A job takes media if its mode says so, its hash is known and, where the profile asks, it is not closed. */
export function requireTakesMedia(job: TransferJob, { traits }: Hub): void {
  const closed = job.transfer_status === 'inconsistent' || job.processing_decision === 'reject_transfer';
  if (traits.blocksClosedJobs && closed) throw refuseDetail(400, 'This transfer takes no media.', 'transfer_closed');
  if (job.transfer_mode !== 'metadata_and_processed_media') {
    throw refuseDetail(400, 'This transfer was registered without media.', 'transfer_mode');
  }
  if (job.processed_media_hash === '') throw refuseDetail(400, 'The expected hash is unknown.', 'expected_hash');
}
