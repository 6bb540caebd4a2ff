import type { Actor } from '../site/site.js';
import type { ResourceItem, TransferStatus } from '../overview/resource.js';

/** One question of "why not?", as the services answer it. */
export interface Gate {
  readonly gate: string;
  readonly passed: boolean;
  readonly code: string | null;
  readonly since: string | null;
  readonly remedy: string;
  readonly who: string | null;
}

/** A fact of the history, with what its type adds. */
export interface HistoryEvent {
  readonly position: number;
  readonly type: string;
  readonly at: string;
  readonly by: Actor;
  readonly attempt?: number;
  readonly reason?: string;
  readonly stage?: string;
  readonly failure_class?: string;
  readonly code?: string;
  readonly http_status?: number | null;
  readonly bytes_sent?: number;
  readonly not_before?: string | null;
  readonly retries_exhausted?: boolean;
  readonly hub_transfer_id?: string;
  readonly hub_status?: string | null;
  readonly processing_decision?: string;
  readonly answer?: string;
  readonly media_size?: number;
  readonly acknowledgement?: {
    readonly hub_transfer_id: string;
    readonly transfer_status: string;
    readonly processing_decision: string;
  };
}

/** One transfer with everything that is asked about it. */
export interface TransferDetail {
  readonly transfer_id: string;
  readonly transfer_key: string;
  readonly target_node_key: string;
  readonly status: TransferStatus;
  readonly since: string;
  readonly queued_at: string | null;
  readonly attempts: number;
  readonly held: readonly string[];
  readonly failure_code: string | null;
  readonly failure_class: string | null;
  readonly retryable: boolean;
  readonly not_before: string | null;
  readonly hub_transfer_id: string | null;
  readonly completed_at: string | null;
  readonly content_changed: boolean;
  readonly gates: readonly Gate[];
  readonly history: readonly HistoryEvent[];
}

/**
 * A resource with its transfer as the log itself tells it. What lists show may be a moment behind, and a page on which
 * the state and the history disagree would be believed in neither.
 */
export function asTold<Item extends ResourceItem>(item: Item, told: TransferDetail | undefined): Item {
  const { transfer } = item;
  if (transfer === null || told === undefined) return item;
  const { status, since, queued_at, attempts, held, retryable, not_before } = told;
  if (status === 'not_marked') return { ...item, transfer: null };
  const failure = { last_failure_code: told.failure_code, last_failure_class: told.failure_class };
  return {
    ...item,
    transfer: { ...transfer, status, since, queued_at, attempts, held, retryable, not_before, ...failure },
  };
}
