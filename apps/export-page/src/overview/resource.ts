import type { Actor } from '../site/site.js';

export type ResourceKind = 'video' | 'report';

export type TransferStatus =
  'not_marked' | 'marked' | 'queued' | 'registering' | 'awaiting_media' | 'uploading' | 'completed' | 'failed';

/** The transfer of a resource to the hub that is looked at, as marking-service lists it. */
export interface TransferItem {
  readonly transfer_id: string;
  readonly target_node_key: string;
  readonly status: Exclude<TransferStatus, 'not_marked'>;
  readonly since: string;
  readonly marked_by: Actor;
  readonly marked_at: string;
  readonly queued_at: string | null;
  readonly attempts: number;
  readonly held: readonly string[];
  readonly last_failure_code: string | null;
  readonly last_failure_class: string | null;
  readonly last_failure_at: string | null;
  readonly retryable: boolean | null;
  readonly not_before: string | null;
}

export interface BlockingGate {
  readonly name: string;
  readonly code: string | null;
  readonly sentence: string;
  readonly who: string | null;
  readonly remedy: string;
}

/** A video or report, as marking-service lists it. */
export interface ResourceItem {
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly local_id: number | null;
  readonly status: 'present' | 'withdrawn';
  readonly center_key: string | null;
  readonly center_name: string | null;
  readonly anonymization_state: string;
  readonly processed_media: { readonly present: boolean; readonly size: number | null };
  readonly created_at: string;
  readonly eligible: boolean;
  readonly reasons: readonly { readonly code: string; readonly sentence: string }[];
  /** The processed media is another than the transfer froze. */
  readonly content_changed: boolean;
  readonly transfer: TransferItem | null;
  /** What stands in the way first, in the order of the gates. */
  readonly blocking_gate?: BlockingGate | null;
  /** The site's own file name, only where the site shows it. */
  readonly file_name?: string | null;
}

/** What a list and a selection know a resource by. */
export function keyOf({ resource_kind, resource_hash }: Pick<ResourceItem, 'resource_kind' | 'resource_hash'>): string {
  return `${resource_kind}-${resource_hash}`;
}

/** The beginning of the hash, enough to tell resources of a site apart and to find one by. */
export function shortHash(hash: string): string {
  return hash.slice(0, 10);
}

export function statusOf({ transfer }: Pick<ResourceItem, 'transfer'>): TransferStatus {
  return transfer?.status ?? 'not_marked';
}

/** The meaning of a badge's colour, as lx-annotate's pages use it. */
export type Tone = 'success' | 'warning' | 'info' | 'danger' | 'secondary' | 'primary';

export function toneOfStatus(status: TransferStatus): Tone {
  switch (status) {
    case 'not_marked':
      return 'secondary';
    case 'marked':
      return 'primary';
    case 'queued':
      return 'info';
    case 'registering':
    case 'awaiting_media':
    case 'uploading':
      return 'warning';
    case 'completed':
      return 'success';
    case 'failed':
      return 'danger';
  }
}

export function toneOfAnonymization(state: string): Tone {
  switch (state) {
    case 'VALIDATED':
    case 'ANONYMIZED':
    case 'DONE_PROCESSING_ANONYMIZATION':
      return 'success';
    case 'STARTED':
    case 'PROCESSING_ANONYMIZING':
      return 'warning';
    case 'EXTRACTING_FRAMES':
      return 'info';
    case 'FAILED':
      return 'danger';
    default:
      return 'secondary';
  }
}
