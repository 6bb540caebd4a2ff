import type { Actor } from '../site/site.js';
import type { TransferStatus } from '../overview/resource.js';

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
  /** The place in the log of the last fact that is in here. */
  readonly position: number;
  readonly attempts: number;
  readonly hub_transfer_id: string | null;
  readonly completed_at: string | null;
  readonly content_changed: boolean;
  readonly gates: readonly Gate[];
  readonly history: readonly HistoryEvent[];
}
