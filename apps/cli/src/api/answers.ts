import type { Actor, ResourceKind, TransferStatus } from '@hub-export/contracts';

/** What the services answer, as far as it is shown here. */

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** An item of `GET /v1/transfers`. */
export interface TransferItem {
  readonly transfer_id: string;
  readonly transfer_key: string;
  readonly resource_kind: ResourceKind;
  readonly target_node_key: string;
  readonly status: TransferStatus;
  readonly since: string;
  readonly resource_hash: string;
  readonly media_sha256: string | null;
  readonly media_size: number | null;
  readonly completed_at: string | null;
  readonly priority: number;
  readonly attempts: number;
  readonly held: readonly string[];
  readonly failure_class: string | null;
  readonly failure_code: string | null;
  readonly retryable: boolean;
  readonly not_before: string | null;
}

/** Of `POST /v1/transfers/queue|retry|hold|release`. */
export interface OrderResults {
  readonly results: readonly {
    readonly transfer_id: string;
    readonly outcome: 'queued' | 'held' | 'released' | 'unchanged' | 'refused';
    readonly code?: string;
    readonly detail?: string;
  }[];
  readonly position: number;
}

/** Of `POST /v1/marks`. */
export interface MarkResults {
  readonly results: readonly {
    readonly transfer_id: string | null;
    readonly outcome: 'marked' | 'unmarked' | 'unchanged' | 'refused';
    readonly code?: string;
    readonly detail?: string;
  }[];
  readonly position: number;
}

export interface NodeItem {
  readonly node_key: string;
  readonly role: string;
  readonly display_name: string;
  readonly is_active: boolean;
  readonly base_url: string | null;
  readonly profile: string | null;
  readonly material_faults: readonly string[];
  readonly certificate_ends_at: string | null;
}

export interface ProbeAnswer {
  readonly reachable: boolean;
  readonly code: string | null;
  readonly http_status: number | null;
  readonly duration_ms: number;
  readonly steps: readonly {
    readonly step: string;
    readonly outcome: 'passed' | 'failed' | 'not_reached';
    readonly code: string | null;
    readonly duration_ms: number | null;
  }[];
  readonly hub_certificate_days_left: number | null;
  readonly client_certificate_days_left: number | null;
}

export interface ReadinessAnswer {
  readonly ready: boolean;
  readonly targets: readonly {
    readonly target_node_key: string | null;
    readonly ready: boolean;
    readonly requirements: readonly {
      readonly code: string;
      readonly passed: boolean;
      readonly message: string;
      readonly remedy: string;
    }[];
  }[];
}

/** Of `GET /v1/audit/transfers/{transfer_id}`. */
export interface AuditAnswer {
  readonly transfer_id: string;
  readonly transfer_key: string;
  readonly resource_kind: ResourceKind;
  readonly target_node_key: string;
  readonly status: TransferStatus;
  readonly marked_by: Actor | null;
  readonly marked_at: string | null;
  readonly queued_at: string | null;
  readonly registration_started_at: string | null;
  readonly registration_finished_at: string | null;
  readonly upload_started_at: string | null;
  readonly upload_finished_at: string | null;
  readonly attempt_count: number;
  readonly last_failure: {
    readonly attempt: number;
    readonly stage: string;
    readonly failure_class: string;
    readonly code: string;
    readonly at: string;
  } | null;
  readonly final_outcome: {
    readonly status: 'completed';
    readonly transfer_status: string;
    readonly hub_transfer_id: string;
    readonly acknowledgement_digest: string;
    readonly at: string;
  } | null;
}

/** A message of `GET /v1/live`. */
export type LiveMessage =
  | {
      readonly kind: 'progress';
      readonly transfer_id: string;
      readonly bytes_sent: number;
      readonly bytes_total: number;
      /** Bytes per second. */
      readonly rate: number;
    }
  | { readonly kind: 'change'; readonly transfer_id: string; readonly event: string };
