import { type JsonObject } from '../json.js';
import { type StagedMedia } from '../media/media-store.service.js';
import { type TransferJob } from '../transfer/transfer-job.js';
import { ENVELOPE_CONTRACT, envelopeFingerprint, type Envelope } from './envelope.js';

/** What applied media leaves the job as. */
export const APPLIED = {
  transfer_status: 'applied',
  processing_decision: 'skip_processing_preserved_state',
} as const;

/** The hub's word that it opened this envelope and kept what was in it; hub contract 7.5. */
export function receiptFor(envelope: Envelope, ciphertext: StagedMedia, job: TransferJob): JsonObject {
  return {
    contract_version: 'hub_media_envelope_receipt_v1',
    envelope_contract_version: ENVELOPE_CONTRACT,
    profile: envelope.profile,
    transfer_key: envelope.transfer_key,
    source_node_key: envelope.source_node_key,
    source_center_key: envelope.source_center_key,
    target_node_key: envelope.target_node_key,
    resource_kind: envelope.resource_kind,
    resource_hash: envelope.resource_hash,
    processed_media_hash: envelope.processed_media_hash,
    transfer_mode: envelope.transfer_mode,
    media_role: envelope.media_role,
    plaintext_sha256: envelope.plaintext_sha256,
    plaintext_size: envelope.plaintext_size,
    recipient_key_id: envelope.recipient_key_id,
    ciphertext_sha256: ciphertext.sha256,
    ciphertext_size: ciphertext.size,
    envelope_fingerprint_sha256: envelopeFingerprint(envelope),
    receiver_transfer_id: job.id,
    ...APPLIED,
    verified: true,
  };
}

/** Whether an upload for an applied job is the very one it was applied with; hub contract 7.6. */
export function isExactReplay(envelope: Envelope, ciphertext: StagedMedia, job: TransferJob): boolean {
  const stored = job.envelope_receipt;
  if (stored === null) return false;
  return Object.entries(receiptFor(envelope, ciphertext, job)).every(([field, value]) => stored[field] === value);
}
