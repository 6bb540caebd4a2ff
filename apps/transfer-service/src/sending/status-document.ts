import {
  type AcknowledgedReceipt,
  type Acknowledgement,
  type FrozenIntent,
  type HubProfile,
  PROFILE_TRAITS,
  TRANSFER_MODE,
} from '@hub-export/contracts';
import type { Intent } from '@hub-export/transfer-life';

/** The transfer states hubs name (hub contract, chapter 4); another word is not believed. */
export const HUB_STATES = [
  'pending',
  'awaiting_media',
  'applied',
  'failed',
  'inconsistent',
  'claimed',
  'running',
  'retry_wait',
  'lost',
] as const;
export type HubState = (typeof HUB_STATES)[number];

export interface StatusDocument {
  readonly hub_transfer_id: string;
  readonly transfer_status: HubState;
  readonly processing_decision: string;
  readonly processed_media_hash: string | null;
  /** Sealed profiles: the receipt as it came. Nothing of it is believed before `verifyReceipt`. */
  readonly envelope_receipt?: unknown;
}

/** What every status document must say, or it speaks of something else (hub contract, chapter 6). */
export interface ExpectedIdentity {
  readonly intent: Intent;
  readonly frozen: FrozenIntent;
  /** The hub's id of the transfer, where it told one before. */
  readonly hubTransferId: string | null;
}

export type Verified =
  | { readonly ok: true; readonly document: StatusDocument }
  /** `fields` differ, are missing or empty; their values are never kept. */
  | {
      readonly ok: false;
      readonly code: 'not_a_status_document' | 'identity_mismatch' | 'unknown_hub_state';
      readonly fields: readonly string[];
    };

/** The schema version each profile's hub writes into its answers. */
export const SCHEMA_VERSIONS: Readonly<Record<HubProfile, string>> = {
  'endoreg-2.0': '2.0',
  'endoreg-3.0': '3.0',
  'endoreg-3.0-envelope': '3.0',
  'endoreg-3.0-envelope-raw-hash': '3.0',
};

/** Believes a hub's answer only after every identity field equals the frozen intent. */
export function verifyStatusDocument(body: unknown, expected: ExpectedIdentity): Verified {
  if (!isRecord(body) || typeof body.transfer_status !== 'string') {
    return { ok: false, code: 'not_a_status_document', fields: [] };
  }
  const wanted = identityFields(expected);
  const fields = Object.keys(wanted).filter((field) => body[field] !== wanted[field]);
  const { id } = body;
  if (typeof id !== 'string' || id.length === 0 || id.length > 64) fields.push('id');
  else if (expected.hubTransferId !== null && id !== expected.hubTransferId) fields.push('id');
  if (fields.length > 0) return { ok: false, code: 'identity_mismatch', fields };

  const state = HUB_STATES.find((known) => known === body.transfer_status);
  if (state === undefined) return { ok: false, code: 'unknown_hub_state', fields: ['transfer_status'] };
  return {
    ok: true,
    document: {
      hub_transfer_id: id as string,
      transfer_status: state,
      processing_decision: codeOr(body.processing_decision, 'unknown_decision'),
      processed_media_hash: typeof body.processed_media_hash === 'string' ? body.processed_media_hash : null,
      ...receiptOf(body, expected.frozen.profile),
    },
  };
}

function receiptOf(
  body: Readonly<Record<string, unknown>>,
  profile: HubProfile,
): Pick<StatusDocument, 'envelope_receipt'> {
  const { envelope_receipt } = body;
  return PROFILE_TRAITS[profile].sealsMedia && envelope_receipt != null ? { envelope_receipt } : {};
}

/**
 * The verified acknowledgement that is kept: only fields that were compared, so no free text of the hub.
 * @param receipt sealed profiles: the verified receipt
 */
export function acknowledgementOf(
  document: StatusDocument,
  { intent, frozen }: ExpectedIdentity,
  receipt?: AcknowledgedReceipt,
): Acknowledgement {
  return {
    hub_transfer_id: document.hub_transfer_id,
    transfer_key: intent.transfer_key,
    source_node_key: intent.source_node_key,
    target_node_key: intent.target_node_key,
    source_center_key: intent.source_center_key,
    resource_kind: intent.resource_kind,
    resource_hash: intent.resource_hash,
    processed_media_hash: document.processed_media_hash,
    transfer_mode: TRANSFER_MODE,
    payload_schema_version: SCHEMA_VERSIONS[frozen.profile],
    transfer_status: 'applied',
    processing_decision: document.processing_decision,
    ...(receipt === undefined ? {} : { receipt }),
  };
}

function identityFields({ intent, frozen }: ExpectedIdentity): Readonly<Record<string, string>> {
  return {
    transfer_key: intent.transfer_key,
    source_node_key: intent.source_node_key,
    target_node_key: intent.target_node_key,
    source_center_key: intent.source_center_key,
    resource_kind: intent.resource_kind,
    resource_hash: intent.resource_hash,
    transfer_mode: TRANSFER_MODE,
    payload_schema_version: SCHEMA_VERSIONS[frozen.profile],
    // Answers of contract 2.0 have no such field; from 3.0 on it must name the media that was approved.
    ...(frozen.profile === 'endoreg-2.0' ? {} : { processed_media_hash: frozen.media_sha256 }),
  };
}

/** A hub's word as a stable code; anything that does not look like one is not taken over. */
function codeOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(value) ? value : otherwise;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
