import type { HoldReason, RecordedEvent, ResourceKind, TransferEvent, TransferStatus } from '@hub-export/contracts';
import { actorText } from '@hub-export/contracts';
import { toDomainEvent } from '@hub-export/event-store';

/** One transfer as lists show it and the sender finds it; a fold of its events. */
export interface TransferRow {
  readonly transfer_id: string;
  readonly transfer_key: string;
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly source_node_key: string;
  readonly source_center_key: string;
  readonly target_node_key: string;
  readonly status: TransferStatus;
  /** Since when it has this status. */
  readonly since: string;
  /** The global_seq of the last event that is in here. */
  readonly position: number;
  readonly marked_at: string | null;
  readonly marked_by: string | null;
  readonly queued_at: string | null;
  /** From 0, the usual one, to 9: among those that wait for the same hub the higher is begun first. */
  readonly priority: number;
  readonly attempts: number;
  readonly held: readonly HoldReason[];
  readonly media_sha256: string | null;
  readonly media_size: number | null;
  readonly failure_stage: string | null;
  readonly failure_class: string | null;
  readonly failure_code: string | null;
  readonly retryable: boolean;
  readonly retries_exhausted: boolean;
  readonly not_before: string | null;
  readonly hub_transfer_id: string | null;
  readonly completed_at: string | null;
  /** What may become of the processed media at the site, by the policy at the mark; `null` before completion. */
  readonly local_media: LocalMedia | null;
}

export const LOCAL_MEDIA = ['retained', 'cleanup_eligible'] as const;
export type LocalMedia = (typeof LOCAL_MEDIA)[number];

/** The row after one more event, or `null` where nothing is known of the transfer yet. Total, like every fold. */
export function evolveRow(
  row: TransferRow | null,
  event: TransferEvent,
  { globalSeq }: Pick<RecordedEvent, 'globalSeq'>,
): TransferRow | null {
  if (event.type === 'ResourceMarked') return markedRow(row, event, globalSeq);
  if (row === null) return null;
  return { ...row, ...changeOf(row, event), position: globalSeq };
}

/** The row as a transfer's whole stream tells it, where the view may be a moment behind. */
export function rowOf(history: readonly RecordedEvent[]): TransferRow | null {
  return history.reduce<TransferRow | null>(
    (row, recorded) => evolveRow(row, toDomainEvent<TransferEvent>(recorded), recorded),
    null,
  );
}

type Marked = Extract<TransferEvent, { type: 'ResourceMarked' }>;

function markedRow(row: TransferRow | null, event: Marked, position: number): TransferRow {
  const { transfer_id, transfer_key, resource_kind, resource_hash, source_node_key, source_center_key } = event;
  return {
    ...(row ?? UNTOUCHED),
    transfer_id,
    transfer_key,
    resource_kind,
    resource_hash,
    source_node_key,
    source_center_key,
    target_node_key: event.target_node_key,
    status: 'marked',
    since: event.at,
    position,
    marked_at: event.at,
    marked_by: actorText(event.by),
  };
}

const UNTOUCHED = {
  queued_at: null,
  priority: 0,
  attempts: 0,
  held: [],
  media_sha256: null,
  media_size: null,
  failure_stage: null,
  failure_class: null,
  failure_code: null,
  retryable: false,
  retries_exhausted: false,
  not_before: null,
  hub_transfer_id: null,
  completed_at: null,
  local_media: null,
} as const;

function changeOf(row: TransferRow, event: Exclude<TransferEvent, Marked>): Partial<TransferRow> {
  const at = event.at;
  switch (event.type) {
    case 'ResourceUnmarked':
      return { status: 'not_marked', since: at, marked_at: null, marked_by: null };
    case 'TransferQueued':
      return {
        status: 'queued',
        since: at,
        queued_at: at,
        priority: event.priority ?? row.priority,
        not_before: null,
        retryable: false,
        retries_exhausted: false,
        media_sha256: event.frozen.media_sha256,
        media_size: event.frozen.media_size,
      };
    case 'RegistrationStarted':
      return { status: 'registering', since: at, attempts: event.attempt };
    case 'RegistrationAccepted':
      return { status: 'awaiting_media', since: at, hub_transfer_id: event.hub_transfer_id };
    case 'UploadStarted':
      return { status: 'uploading', since: at };
    case 'TransferCompleted':
      return {
        status: 'completed',
        since: at,
        completed_at: at,
        retryable: false,
        not_before: null,
        hub_transfer_id: event.acknowledgement.hub_transfer_id,
      };
    case 'TransferFailed':
      return {
        status: 'failed',
        since: at,
        failure_stage: event.stage,
        failure_class: event.failure_class,
        failure_code: event.code,
        retryable: event.retryable,
        retries_exhausted: event.retries_exhausted,
        not_before: event.not_before,
      };
    case 'TransferHeld':
      return { held: [...row.held, event.reason] };
    case 'TransferReleased':
      return { held: row.held.filter((reason) => reason !== event.reason) };
    case 'LocalMediaRetained':
      return { local_media: 'retained' };
    case 'LocalMediaCleanupEligible':
      return { local_media: 'cleanup_eligible' };
    case 'OutcomeUnknown':
    case 'HubAsked':
      return {};
  }
}
