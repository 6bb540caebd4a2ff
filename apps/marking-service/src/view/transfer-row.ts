import type { Actor, FailureClass, ResourceKind, TransferEvent, TransferStatus } from '@hub-export/contracts';
import { type Transfer, transferDecider } from '@hub-export/transfer-life';

export type LivingTransfer = Exclude<Transfer, { status: 'not_marked' }>;

/** What the life itself forgets once it goes on, and the pages still tell. */
export interface TransferMemory {
  readonly marked_by: Actor;
  readonly marked_at: string;
  readonly queued_at: string | null;
  readonly last_failure: {
    readonly code: string;
    readonly failure_class: FailureClass;
    readonly retryable: boolean;
    readonly at: string;
  } | null;
}

/** A transfer as lists need it. There is a line only while there is an intent. */
export interface TransferColumns extends TransferMemory {
  readonly transfer_id: string;
  readonly target_node_key: string;
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly status: TransferStatus;
  readonly state: LivingTransfer;
}

/** The line after one more fact; null where it was unmarked, or was never marked. */
export function evolveTransferColumns(before: TransferColumns | null, event: TransferEvent): TransferColumns | null {
  const state = transferDecider.evolve(before?.state ?? transferDecider.initialState, event);
  if (state.status === 'not_marked') return null;
  const { transfer_id, target_node_key, resource_kind, resource_hash } = state.intent;
  const identity = { transfer_id, target_node_key, resource_kind, resource_hash };
  return { ...identity, status: state.status, state, ...remembered(before, event) };
}

function remembered(before: TransferMemory | null, event: TransferEvent): TransferMemory {
  if (before === null || event.type === 'ResourceMarked') {
    return { marked_by: event.by, marked_at: event.at, queued_at: null, last_failure: null };
  }
  const { marked_by, marked_at, queued_at, last_failure } = before;
  const memory = { marked_by, marked_at, queued_at, last_failure };
  if (event.type === 'TransferQueued') return { ...memory, queued_at: event.at };
  if (event.type !== 'TransferFailed') return memory;
  const { code, failure_class, retryable, at } = event;
  return { ...memory, last_failure: { code, failure_class, retryable, at } };
}
