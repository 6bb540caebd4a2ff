import type { EntityManager } from 'typeorm';
import type { FindingCode } from '../integrity/integrity.js';
import type { Entry } from './entry.js';

/** How far the record is. */
export interface Progress {
  /** Every entry up to here is there, and the views hold it. */
  readonly contiguousTo: number;
  /** The highest place that the bus ever showed. */
  readonly seenTo: number;
}

/** The columns of an entry under the names of its fields; the driver gives a bigint as text, places stay below 2^53. */
export const ENTRY_COLUMNS = `global_seq::float8 AS "globalSeq", stream_id AS "streamId", version::float8 AS version,
  event_id AS id, type, data_text AS "dataText", correlation_id AS "correlationId", causation_id AS "causationId",
  recorded_at AS "recordedAt", entry_hash AS hash`;

/** Takes the turn to write the record; others wait until this transaction ends. */
export async function lockProgress(tx: EntityManager): Promise<Progress> {
  const [progress] = await tx.query<Progress[]>(
    `SELECT contiguous_to::float8 AS "contiguousTo", seen_to::float8 AS "seenTo" FROM audit.progress FOR UPDATE`,
  );
  if (progress === undefined) throw new Error('The record has lost its progress.');
  return progress;
}

export async function saveProgress(tx: EntityManager, { contiguousTo, seenTo }: Progress): Promise<void> {
  await tx.query('UPDATE audit.progress SET contiguous_to = $1, seen_to = $2', [contiguousTo, seenTo]);
}

/** Whether the entry is new; what is already there stays as it is. */
export async function insertEntry(tx: EntityManager, entry: Entry): Promise<boolean> {
  const inserted = await tx.query<unknown[]>(
    `INSERT INTO audit.entries (global_seq, stream_id, version, event_id, type, data_text, correlation_id, causation_id,
       recorded_at, entry_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING global_seq`,
    [
      entry.globalSeq,
      entry.streamId,
      entry.version,
      entry.id,
      entry.type,
      entry.dataText,
      entry.correlationId,
      entry.causationId,
      entry.recordedAt,
      entry.hash,
    ],
  );
  return inserted.length > 0;
}

/** The entries from one place to another, ascending, without those that are missing. */
export async function entriesBetween(tx: EntityManager, from: number, to: number): Promise<readonly Entry[]> {
  return tx.query<Entry[]>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.entries WHERE global_seq BETWEEN $1 AND $2 ORDER BY global_seq`,
    [from, to],
  );
}

/** Whether it was not known yet. */
export async function insertFinding(tx: EntityManager, globalSeq: number, code: FindingCode): Promise<boolean> {
  const inserted = await tx.query<unknown[]>(
    'INSERT INTO audit.findings (global_seq, code) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING global_seq',
    [globalSeq, code],
  );
  return inserted.length > 0;
}
