import { type JsonObject } from '../json.js';
import { type ResourceKind } from '../registration/top-level.js';

/** Every state a hub can tell; the last four exist with leases only (hub contract 4). */
export const TRANSFER_STATUSES = [
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

/** A text, since the control interface may set a state that no hub has. */
export type TransferStatus = string;

/** One upload's hold on a job: until it ends or expires, no other upload may begin. */
export interface Lease {
  /** Grows with each claim; an owner with an older token can neither publish nor fail the job. */
  readonly fencingToken: number;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** What the hub keeps of one registration. Of its rows it keeps digests only. */
export interface TransferJob {
  readonly id: string;
  readonly transfer_key: string;
  readonly source_node_key: string;
  readonly target_node_key: string;
  readonly source_center_key: string | null;
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  /** The hash that uploaded media must have; empty if the registration told none. */
  readonly processed_media_hash: string;
  readonly transfer_mode: string;
  readonly transfer_status: TransferStatus;
  readonly processing_policy: string;
  readonly processing_intent: string;
  readonly processing_decision: string;
  readonly cleanup_policy: string;
  readonly cleanup_status: string;
  readonly payload_schema_version: string;
  readonly status_detail: string;
  readonly target_object_id: number | null;
  readonly linked_patient_id: number | null;
  readonly linked_patient_examination_id: number | null;
  readonly case_resolution_status: string;
  /** ISO 8601, UTC; so is the next. */
  readonly created_at: string;
  readonly updated_at: string;
  /** What a replay is compared with. */
  readonly comparison: Comparison;
  /** The identities of its segments: a later registration may not give them to another video. */
  readonly segments: readonly string[];
  /** The pseudonyms it was linked by, as one digest each. */
  readonly pseudonyms: { readonly patient: string; readonly examination: string } | null;
  /** The media it was applied with; null until then. */
  readonly media: { readonly sha256: string; readonly size: number } | null;
  readonly envelope_receipt: JsonObject | null;
  readonly lease: Lease | null;
  readonly lastFencingToken: number;
}

/** What identifies a registration's content; hub contract 5.4. */
export interface Comparison {
  readonly source_node_key: string;
  readonly target_node_key: string;
  readonly resource_kind: string;
  readonly resource_hash: string;
  readonly source_center_key: string | null;
  readonly transfer_mode: string;
  readonly processing_policy: string;
  readonly processing_intent: string;
  readonly cleanup_policy: string;
  readonly payload_schema_version: string;
  readonly rows: string;
  readonly snapshot: string;
  readonly provenance: string;
}

/** What the journal says of transfers; everything the hub knows follows from these facts in order. */
export type HubFact =
  | { readonly type: 'TransferRegistered'; readonly job: TransferJob }
  /** `because` says what moved it: an upload, a conflicting replay, the control interface. */
  | {
      readonly type: 'TransferChanged';
      readonly transfer_key: string;
      readonly because: string;
      readonly set: Partial<TransferJob>;
    }
  | { readonly type: 'TransferForgotten'; readonly transfer_key: string }
  | { readonly type: 'HubReset' };
