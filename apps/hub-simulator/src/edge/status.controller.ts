import { refuseDetail, type Answer } from '../answer.js';
import { type Hub } from '../hub.service.js';
import { statusDocument } from '../transfer/status-document.js';
import { type TransferJob } from '../transfer/transfer-job.js';
import { callerOf, requireAdmitted } from './admission.js';
import { type Exchange } from './exchange.js';

/** `GET …/{transfer_key}/status/`: tells what the hub holds and changes nothing; hub contract 3.4. */
export function tellStatus(exchange: Exchange, hub: Hub): Answer {
  return { status: 200, body: statusDocument(requireJob(exchange, hub), hub.traits) };
}

/** The job of the path, for whoever may see it: an unknown key is a 404 to anybody (hub contract 1.3). */
export function requireJob(exchange: Exchange, hub: Hub): TransferJob {
  requireFeature(hub);
  const job = hub.memory.job(exchange.transferKey ?? '');
  if (job === undefined) throw refuseDetail(404, 'No such transfer.', 'unknown_transfer');
  const parties = { sourceNodeKey: job.source_node_key, centerKey: job.source_center_key };
  const caller = callerOf(exchange.request.headers, exchange.certificate);
  requireAdmitted(caller, parties, hub.settings.network, hub.traits);
  return job;
}

/** With the feature off, the hub has no transfers to speak of; hub contract 1.7. */
export function requireFeature(hub: Hub): void {
  if (!hub.settings.featureEnabled) throw refuseDetail(404, 'Not found.', 'feature_disabled');
}
