import type { AcknowledgedReceipt } from '@hub-export/contracts';
import { fingerprintOf, type SealedMedia } from './envelope.js';

/** What the status document around the receipt says; the receipt must say the same. */
export interface ReceiptContext {
  readonly hub_transfer_id: string;
  readonly processing_decision: string;
}

export type VerifiedReceipt =
  | { readonly ok: true; readonly receipt: AcknowledgedReceipt }
  /** `fields` differ, are missing, or are not in the contract; their values are never kept. */
  | { readonly ok: false; readonly fields: readonly string[] };

/**
 * Compares a hub's receipt with the sealed media that was kept, field by field: the receipt is closed, so what it says
 * beyond its twenty-two fields is a difference too (hub contract 6 and 7.5).
 */
export function verifyReceipt(receipt: unknown, sealed: SealedMedia, context: ReceiptContext): VerifiedReceipt {
  const wanted = receiptFor(sealed, context);
  const told = isRecord(receipt) ? receipt : {};
  const names = new Set([...Object.keys(wanted), ...Object.keys(told)]);
  const fields = [...names].filter((name) => !Object.hasOwn(told, name) || told[name] !== wanted[name]);
  if (fields.length > 0) return { ok: false, fields };
  return {
    ok: true,
    receipt: {
      ciphertext_sha256: sealed.ciphertext_sha256,
      ciphertext_size: sealed.ciphertext_size,
      envelope_fingerprint_sha256: fingerprintOf(sealed.envelope),
      recipient_key_id: sealed.envelope.recipient_key_id,
    },
  };
}

/** The only receipt that proves these bytes arrived. */
function receiptFor(
  { envelope, ciphertext_sha256, ciphertext_size }: SealedMedia,
  { hub_transfer_id, processing_decision }: ReceiptContext,
): Readonly<Record<string, string | number | boolean>> {
  return {
    contract_version: 'hub_media_envelope_receipt_v1',
    envelope_contract_version: envelope.contract_version,
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
    ciphertext_sha256,
    ciphertext_size,
    envelope_fingerprint_sha256: fingerprintOf(envelope),
    receiver_transfer_id: hub_transfer_id,
    transfer_status: 'applied',
    processing_decision,
    verified: true,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
