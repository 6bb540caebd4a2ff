import type { Finding, FindingCode } from '../integrity/integrity.js';
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

/** Entries whose places are free: the caller has looked, and holds the lock. */
export async function insertEntries(tx: Queries, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => ({
    global_seq: entry.globalSeq,
    stream_id: entry.streamId,
    version: entry.version,
    event_id: entry.id,
    type: entry.type,
    data_text: entry.dataText,
    correlation_id: entry.correlationId,
    causation_id: entry.causationId,
    recorded_at: entry.recordedAt,
    entry_hash: entry.hash,
  }));
  await tx.query(
    `INSERT INTO audit.entries SELECT * FROM json_to_recordset($1) AS r(global_seq bigint, stream_id text,
       version bigint, event_id text, type text, data_text text, correlation_id text, causation_id text,
       recorded_at text, entry_hash text)`,
    [JSON.stringify(rows)],
  );
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

/** Entries that the views do not hold yet, the lowest places first; more than one gap may lie before them. */
export async function entriesBehindViews(tx: Queries, limit: number): Promise<readonly Entry[]> {
  return tx.query<Entry[]>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.entries WHERE global_seq > (SELECT contiguous_to FROM audit.progress)
     ORDER BY global_seq LIMIT $1`,
    [limit],
  );
}

/** Those of the findings that were not known yet. */
export async function insertFindings<Found extends Pick<Finding, 'global_seq' | 'code'>>(
  tx: Queries,
  found: readonly Found[],
): Promise<readonly Found[]> {
  if (found.length === 0) return [];
  const inserted = await tx.query<{ global_seq: number; code: FindingCode }[]>(
    `INSERT INTO audit.findings (global_seq, code) SELECT * FROM unnest($1::bigint[], $2::text[])
     ON CONFLICT DO NOTHING RETURNING global_seq::float8 AS global_seq, code`,
    [found.map(({ global_seq }) => global_seq), found.map(({ code }) => code)],
  );
  const isNew = new Set(inserted.map(({ global_seq, code }) => `${global_seq} ${code}`));
  return found.filter(({ global_seq, code }) => isNew.has(`${global_seq} ${code}`));
}
