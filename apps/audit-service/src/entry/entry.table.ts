import type { FindingCode } from '../integrity/integrity.js';
import type { Entry } from './entry.js';

/** A connection, or a transaction of it. */
export interface Queries {
  query<Rows>(sql: string, values?: unknown[]): Promise<Rows>;
}

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
export async function lockProgress(tx: Queries): Promise<Progress> {
  const [progress] = await tx.query<Progress[]>(
    `SELECT contiguous_to::float8 AS "contiguousTo", seen_to::float8 AS "seenTo" FROM audit.progress FOR UPDATE`,
  );
  if (progress === undefined) throw new Error('The record has lost its progress.');
  return progress;
}

export async function saveProgress(tx: Queries, { contiguousTo, seenTo }: Progress): Promise<void> {
  await tx.query('UPDATE audit.progress SET contiguous_to = $1, seen_to = $2', [contiguousTo, seenTo]);
}

/** The places of the entries that are new; what is already there stays as it is. */
export async function insertEntries(tx: Queries, entries: readonly Entry[]): Promise<ReadonlySet<number>> {
  const column = <Value>(value: (entry: Entry) => Value): Value[] => entries.map(value);
  const inserted = await tx.query<{ place: number }[]>(
    `INSERT INTO audit.entries (global_seq, stream_id, version, event_id, type, data_text, correlation_id, causation_id,
       recorded_at, entry_hash)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::text[], $9::text[], $10::text[])
     ON CONFLICT DO NOTHING RETURNING global_seq::float8 AS place`,
    [
      column(({ globalSeq }) => globalSeq),
      column(({ streamId }) => streamId),
      column(({ version }) => version),
      column(({ id }) => id),
      column(({ type }) => type),
      column(({ dataText }) => dataText),
      column(({ correlationId }) => correlationId),
      column(({ causationId }) => causationId),
      column(({ recordedAt }) => recordedAt),
      column(({ hash }) => hash),
    ],
  );
  return new Set(inserted.map(({ place }) => place));
}

/** The entries from one place to another, ascending, without those that are missing. */
export async function entriesBetween(tx: Queries, from: number, to: number): Promise<readonly Entry[]> {
  return tx.query<Entry[]>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.entries WHERE global_seq BETWEEN $1 AND $2 ORDER BY global_seq`,
    [from, to],
  );
}

/** The entries at these places, without those that are missing. */
export async function entriesAt(tx: Queries, places: readonly number[]): Promise<readonly Entry[]> {
  if (places.length === 0) return [];
  return tx.query<Entry[]>(`SELECT ${ENTRY_COLUMNS} FROM audit.entries WHERE global_seq = ANY ($1::bigint[])`, [
    [...places],
  ]);
}

/** Whether it was not known yet. */
export async function insertFinding(tx: Queries, globalSeq: number, code: FindingCode): Promise<boolean> {
  const inserted = await tx.query<unknown[]>(
    'INSERT INTO audit.findings (global_seq, code) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING global_seq',
    [globalSeq, code],
  );
  return inserted.length > 0;
}
