import type { JsonObject } from '@hub-export/contracts';
import type { Outcome } from './action.js';

/** An event as the log has it, with what it is about. */
export interface AuditedEvent {
  readonly global_seq: number;
  readonly event_id: string;
  readonly type: string;
  /** `user:<subject>` or `system:<reason>`; null where this version does not understand the event. */
  readonly actor: string | null;
  /** Null where this version does not understand the event. */
  readonly outcome: Outcome | null;
  readonly stream_id: string;
  readonly version: number;
  readonly recorded_at: string;
  readonly transfer_id: string | null;
  readonly resource_kind: string | null;
  readonly resource_hash: string | null;
  readonly center_key: string | null;
  readonly target_node_key: string | null;
  readonly patient_hash: string | null;
  readonly examination_hash: string | null;
  /** False where this version does not understand the event. */
  readonly folded: boolean;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly entry_hash: string;
  readonly data: JsonObject;
}

/** An event as the tables have it. */
export type EventRow = Omit<AuditedEvent, 'data'> & { readonly data_text: string };

export function auditedEvent({ data_text, ...event }: EventRow): AuditedEvent {
  return { ...event, data: JSON.parse(data_text) as JsonObject };
}
