import { crash, HubRefusal, refuseDetail, refuseMediaField, type Answer } from '../answer.js';
import { ClientGone, ConnectionCut, type Exchange } from '../edge/exchange.js';
import { requireJob } from '../edge/status.controller.js';
import { type Hub } from '../hub.service.js';
import { type StagedMedia } from '../media/media-store.service.js';
import { requireTakesMedia } from '../media/plaintext-media.controller.js';
import { statusDocument } from '../transfer/status-document.js';
import { type Lease, type TransferJob } from '../transfer/transfer-job.js';
import { ENVELOPE_HEADER_MAX_BYTES, isEnvelopeOf, readEnvelope, type Envelope } from './envelope.js';
import { hasExpired, isBusy, later, nextLease } from './lease.js';
import { decrypted, unwrapDataKey } from './opening.service.js';
import { APPLIED, isExactReplay, receiptFor } from './receipt.js';
import { rejectEnvelope } from './rejection.js';

/** A claim is renewed so many times within its own length. */
const RENEWALS_PER_LEASE = 3;

/** `POST …/{transfer_key}/media/` with ciphertext as the body, its envelope in a header; hub contract 3.5 and 7. */
export async function takeEnvelopeMedia(exchange: Exchange, hub: Hub): Promise<Answer> {
  const job = requireJob(exchange, hub);
  const header = requireHeaders(exchange, hub);
  requireTakesMedia(job, hub);
  if (job.transfer_status === 'applied') return open(exchange, hub, job, header);
  const now = new Date().toISOString();
  if (isBusy(job, now)) {
    const body = { ...statusDocument(job, hub.traits), detail: 'Another upload is running.' };
    return { status: 409, body, reason: 'attachment_running' };
  }
  return claimed(exchange, hub, job, now, header);
}

/** What the headers must say, in the hub's order; answers with the text of the envelope. */
function requireHeaders({ request: { headers } }: Exchange, hub: Hub): string {
  const contentType = headers['content-type'] ?? '';
  if (contentType.split(';')[0]?.trim().toLowerCase() !== 'application/octet-stream') {
    throw refuseDetail(415, `Unsupported media type "${contentType}".`);
  }
  const length = Number(headers['content-length']);
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw refuseMediaField('content_length', 'A positive Content-Length is required.');
  }
  if (
    String(headers['x-hub-media-role'] ?? '')
      .trim()
      .toLowerCase() !== 'processed'
  ) {
    throw refuseMediaField('media_role', 'Only processed media is accepted.');
  }
  const envelope = String(headers['x-hub-media-envelope'] ?? '');
  if (envelope === '') throw refuseMediaField('envelope', 'The envelope is missing.');
  if (Buffer.byteLength(envelope) > ENVELOPE_HEADER_MAX_BYTES) {
    throw refuseMediaField('envelope', 'The envelope is too long.');
  }
  if (length > hub.settings.maxUploadBytes) throw refuseMediaField('file', 'The media is too large.');
  return envelope;
}

/** Holds the job while the upload is opened. Whatever goes wrong meanwhile leaves it `failed`, for the next to claim. */
async function claimed(exchange: Exchange, hub: Hub, job: TransferJob, now: string, header: string): Promise<Answer> {
  const lease = claim(hub, job, now);
  const renewal = setInterval(() => renew(hub, job, lease), hub.settings.leaseMs / RENEWALS_PER_LEASE);
  try {
    return await open(exchange, hub, hub.memory.job(job.transfer_key) ?? job, header, lease);
  } catch (error) {
    if (isOwner(hub, job, lease)) {
      const status_detail = error instanceof HubRefusal ? (error.answer.reason ?? '') : failureOf(error);
      exchange.commit = hub.change(job.transfer_key, 'upload-failed', {
        transfer_status: 'failed',
        status_detail,
        lease: null,
      });
    }
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

function claim(hub: Hub, job: TransferJob, now: string): Lease {
  if (hasExpired(job, now)) hub.change(job.transfer_key, 'lease-expired', { transfer_status: 'lost', lease: null });
  const lease = nextLease(job, now, hub.settings.leaseMs);
  hub.change(job.transfer_key, 'upload-claimed', {
    transfer_status: 'running',
    lease,
    lastFencingToken: lease.fencingToken,
  });
  return lease;
}

function renew(hub: Hub, job: TransferJob, lease: Lease): void {
  if (!isOwner(hub, job, lease)) return;
  const expiresAt = later(new Date().toISOString(), hub.settings.leaseMs);
  hub.change(job.transfer_key, 'lease-renewed', { lease: { ...lease, expiresAt } });
}

function isOwner(hub: Hub, job: TransferJob, lease: Lease): boolean {
  return hub.memory.job(job.transfer_key)?.lease?.fencingToken === lease.fencingToken;
}

function failureOf(error: unknown): string {
  return error instanceof ClientGone || error instanceof ConnectionCut ? 'upload_broken_off' : 'unexpected_error';
}

/** Opens an upload from its envelope to the kept media; without a lease it can only be the replay of an applied one. */
async function open(exchange: Exchange, hub: Hub, job: TransferJob, header: string, lease?: Lease): Promise<Answer> {
  const envelope = readEnvelope(header);
  if (envelope === undefined) throw rejectEnvelope('envelope_metadata_invalid');
  if (!isEnvelopeOf(envelope, job)) throw rejectEnvelope('envelope_identity_mismatch');
  // A claim must be on disk before the body is read: a crash in the middle is to be seen as a running upload.
  await hub.journal.durable();
  const ciphertext = await hub.media.stage(exchange.body(), envelope.plaintext_size);
  try {
    if (ciphertext.size !== envelope.plaintext_size) throw rejectEnvelope('ciphertext_size_mismatch');
    if (exchange.fault?.type === 'reject') throw rejectEnvelope(exchange.fault.rejection_code);
    const dataKey = unwrapDataKey(envelope, hub.settings.recipientKeys);
    return lease === undefined
      ? replayed(exchange, hub, job, envelope, ciphertext)
      : await applied(exchange, hub, job, envelope, ciphertext, dataKey, lease);
  } finally {
    await hub.media.discard(ciphertext);
  }
}

/** The same upload again is answered with its receipt; another one makes the job inconsistent for good. */
function replayed(exchange: Exchange, hub: Hub, job: TransferJob, envelope: Envelope, ciphertext: StagedMedia): Answer {
  if (isExactReplay(envelope, ciphertext, job)) return { status: 200, body: statusDocument(job, hub.traits) };
  const set = { transfer_status: 'inconsistent', processing_decision: 'mark_inconsistent' };
  exchange.commit = hub.change(job.transfer_key, 'replay-conflict', set);
  const body = { ...currentDocument(hub, job), detail: 'The media differs from what was applied.' };
  return { status: 409, body, reason: 'replay_conflict' };
}

async function applied(
  exchange: Exchange,
  hub: Hub,
  job: TransferJob,
  envelope: Envelope,
  ciphertext: StagedMedia,
  dataKey: Buffer,
  lease: Lease,
): Promise<Answer> {
  const plaintext = await hub.media.stage(decrypted(ciphertext.path, envelope, dataKey), envelope.plaintext_size);
  try {
    exchange.media = { sha256: plaintext.sha256, size: plaintext.size };
    if (plaintext.size !== envelope.plaintext_size || plaintext.sha256 !== envelope.plaintext_sha256) {
      throw rejectEnvelope('envelope_plaintext_integrity_mismatch');
    }
    const stored = exchange.fault?.type === 'store-wrong-bytes' ? await hub.media.spoil(plaintext) : plaintext;
    await hub.media.keep(stored);
    // An owner that lost its claim meanwhile can publish nothing.
    if (!isOwner(hub, job, lease)) throw crash('lease_lost');
    exchange.commit = hub.change(job.transfer_key, 'media-applied', {
      ...APPLIED,
      status_detail: 'Processed media applied.',
      media: { sha256: stored.sha256, size: stored.size },
      envelope_receipt: receiptFor(envelope, ciphertext, job),
      lease: null,
    });
    return { status: 200, body: currentDocument(hub, job) };
  } finally {
    await hub.media.discard(plaintext);
  }
}

function currentDocument(hub: Hub, job: TransferJob): Record<string, unknown> {
  return statusDocument(hub.memory.job(job.transfer_key) ?? job, hub.traits);
}
