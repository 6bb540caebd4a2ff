import { canonicalJson, type JsonObject } from '../canonical-json.js';
import { isObject } from '../closed-schema.js';
import { type Fault, FAULTS_MAX, refuseFaults } from '../contract-fault.js';
import type { TransferIdentity } from '../identity.js';
import type { HubProfile, TRANSFER_MODE } from '../vocabulary.js';
import { ruleFaults } from './payload-rules.js';
import { payloadSchema } from './payload-schema.js';
import { PROFILE_TRAITS } from './profile-traits.js';

/** The registration of a transfer as it goes on the wire. */
export interface HubPayload extends TransferIdentity {
  readonly transfer_key: string;
  readonly target_node_key: string;
  readonly source_center_key: string;
  readonly transfer_mode: typeof TRANSFER_MODE;
  readonly processing_policy: string;
  readonly processing_intent: string;
  readonly cleanup_policy: string;
  readonly payload_schema_version: '2.0' | '3.0';
  readonly resource_rows: JsonObject;
  readonly processing_snapshot: { readonly sender_processing_success: boolean };
  readonly provenance?: JsonObject;
}

/**
 * "The sender must validate the payload locally before any network request is issued." Every fault, by field and
 * code, and never a value; an empty list means that a hub of this profile takes it.
 */
export function validatePayload(profile: HubProfile, payload: unknown): readonly Fault[] {
  if (!isObject(payload)) return [{ field: '', code: 'is_object' }];
  const kind = payload.resource_kind === 'report' ? 'report' : 'video';
  const faults = [...payloadSchema(profile, kind).check(payload), ...ruleFaults(PROFILE_TRAITS[profile], payload)];
  return faults.slice(0, FAULTS_MAX);
}

/** @throws {ContractFault} `invalid_hub_payload` or `privacy_field_forbidden`, with all faults. */
export function parsePayload(profile: HubProfile, payload: unknown): HubPayload {
  refuseFaults('hub_payload', validatePayload(profile, payload));
  return payload as HubPayload;
}

/** The bytes that are frozen, stored under their digest and sent at every attempt: canonical JSON in UTF-8. */
export function payloadBytes(payload: HubPayload): Uint8Array {
  return new TextEncoder().encode(canonicalJson(payload));
}
