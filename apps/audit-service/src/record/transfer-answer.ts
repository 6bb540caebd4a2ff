import type { Actor } from '@hub-export/contracts';
import type { TransferRecord } from './transfer-record.js';

/** The six answers of the specification's "Audit Requirements", and what they are about. A line of the list. */
export interface TransferLine extends Pick<
  TransferRecord,
  | 'transfer_id'
  | 'transfer_key'
  | 'resource_kind'
  | 'resource_hash'
  | 'source_node_key'
  | 'target_node_key'
  | 'center_key'
  | 'patient_hash'
  | 'examination_hash'
  | 'status'
  | 'held'
  | 'last_failure'
  | 'final_outcome'
> {
  /** Of the last mark, also where it was taken back since. */
  readonly marked_by: Actor | null;
  readonly marked_at: string | null;
  /** Null unless the last mark was taken back. */
  readonly unmarked_by: Actor | null;
  readonly unmarked_at: string | null;
  /** The last time, and by whom. */
  readonly queued_at: string | null;
  readonly queued_by: Actor | null;
  /** Of the last attempt. */
  readonly registration_started_at: string | null;
  readonly registration_finished_at: string | null;
  /** Of the last attempt in which media was sent. */
  readonly upload_started_at: string | null;
  readonly upload_finished_at: string | null;
  readonly attempt_count: number;
}

/** The line of a transfer in the list. */
export function transferLine(record: TransferRecord): TransferLine {
  const { marks, queues, attempts, holds: _holds, local_cleanup: _cleanup, ...told } = record;
  const mark = marks.findLast(({ action }) => action === 'marked');
  const last = marks.at(-1);
  const unmark = last?.action === 'unmarked' ? last : undefined;
  const registration = attempts.at(-1);
  const upload = attempts.findLast(({ upload_started_at }) => upload_started_at !== null);
  return {
    ...told,
    marked_by: mark?.by ?? null,
    marked_at: mark?.at ?? null,
    unmarked_by: unmark?.by ?? null,
    unmarked_at: unmark?.at ?? null,
    queued_at: queues.at(-1)?.at ?? null,
    queued_by: queues.at(-1)?.by ?? null,
    registration_started_at: registration?.registration_started_at ?? null,
    registration_finished_at: registration?.registration_finished_at ?? null,
    upload_started_at: upload?.upload_started_at ?? null,
    upload_finished_at: upload?.upload_finished_at ?? null,
    attempt_count: attempts.length,
  };
}

/** A line with every mark, queueing, hold and attempt. */
export type TransferDetail = TransferLine &
  Pick<TransferRecord, 'marks' | 'queues' | 'holds' | 'attempts' | 'local_cleanup'>;

export function transferDetail(record: TransferRecord): TransferDetail {
  const { marks, queues, holds, attempts, local_cleanup } = record;
  return { ...transferLine(record), marks, queues, holds, attempts, local_cleanup };
}
