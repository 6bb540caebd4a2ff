import type { Queries } from '../entry/entry.table.js';

/** A signed checkpoint as it is kept. */
export interface StoredCheckpoint {
  readonly size: number;
  /** The note, byte for byte as it was anchored. */
  readonly note: string;
  readonly keyId: string;
  /** ISO 8601 UTC, milliseconds. */
  readonly anchoredAt: string;
}

export interface StoredKey {
  readonly keyId: string;
  readonly verifierKey: string;
  readonly fromSize: number;
  readonly introducedAt: string;
}

const MOMENT = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
export const CHECKPOINT_COLUMNS = `size::float8 AS size, note, key_id AS "keyId", ${MOMENT('anchored_at')} AS "anchoredAt"`;

/** One process makes checkpoints at a time; any number, and no other lock of the database. */
const CHECKPOINT_LOCK = 7_205_201;

/** Takes the turn to make checkpoints until the transaction ends; false where another process has it. */
export async function takeTurn(tx: Queries): Promise<boolean> {
  const [row] = await tx.query<{ taken: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
    CHECKPOINT_LOCK,
  ]);
  return row?.taken === true;
}

export async function contiguousTo(tx: Queries): Promise<number> {
  const [row] = await tx.query<{ at: number }[]>('SELECT contiguous_to::float8 AS at FROM audit.progress');
  return row?.at ?? 0;
}

export async function latestCheckpoint(tx: Queries): Promise<StoredCheckpoint | null> {
  const [row] = await tx.query<StoredCheckpoint[]>(
    `SELECT ${CHECKPOINT_COLUMNS} FROM audit.checkpoints ORDER BY size DESC LIMIT 1`,
  );
  return row ?? null;
}

/** Checkpoints beyond a size, ascending. */
export function checkpointsAfter(size: number, limit: number, tx: Queries): Promise<readonly StoredCheckpoint[]> {
  return tx.query<StoredCheckpoint[]>(
    `SELECT ${CHECKPOINT_COLUMNS} FROM audit.checkpoints WHERE size > $1 ORDER BY size LIMIT $2`,
    [size, limit],
  );
}

/** Checkpoints below a size, the largest first. */
export function checkpointsBefore(
  size: number | undefined,
  limit: number,
  tx: Queries,
): Promise<readonly StoredCheckpoint[]> {
  return tx.query<StoredCheckpoint[]>(
    `SELECT ${CHECKPOINT_COLUMNS} FROM audit.checkpoints WHERE $1::bigint IS NULL OR size < $1
     ORDER BY size DESC LIMIT $2`,
    [size ?? null, limit],
  );
}

/** The checkpoint of exactly this size. */
export async function checkpointAt(size: number, tx: Queries): Promise<StoredCheckpoint | null> {
  const [row] = await tx.query<StoredCheckpoint[]>(
    `SELECT ${CHECKPOINT_COLUMNS} FROM audit.checkpoints WHERE size = $1`,
    [size],
  );
  return row ?? null;
}

/** The smallest checkpoint that covers an entry. */
export async function checkpointCovering(globalSeq: number, tx: Queries): Promise<StoredCheckpoint | null> {
  return (await checkpointsAfter(globalSeq - 1, 1, tx))[0] ?? null;
}

export async function insertCheckpoint(checkpoint: StoredCheckpoint, tx: Queries): Promise<void> {
  const { size, note, keyId, anchoredAt } = checkpoint;
  await tx.query(
    'INSERT INTO audit.checkpoints (size, note, key_id, anchored_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [size, note, keyId, anchoredAt],
  );
}

export function storedKeys(tx: Queries): Promise<readonly StoredKey[]> {
  return tx.query<StoredKey[]>(
    `SELECT key_id AS "keyId", verifier_key AS "verifierKey", from_size::float8 AS "fromSize",
       ${MOMENT('introduced_at')} AS "introducedAt" FROM audit.checkpoint_keys ORDER BY from_size, introduced_at`,
  );
}

/** Whether the key is new. */
export async function insertKey(
  { keyId, verifierKey, fromSize, introducedAt }: StoredKey,
  tx: Queries,
): Promise<boolean> {
  const rows = await tx.query<unknown[]>(
    `INSERT INTO audit.checkpoint_keys (key_id, verifier_key, from_size, introduced_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING key_id`,
    [keyId, verifierKey, fromSize, introducedAt],
  );
  return rows.length > 0;
}
