import type { RecordedAccess } from './access-chain.js';
import type { SignerKey } from './anchored.js';
import type { SiteSources } from './site-sources.js';
import type { WalkedEntry } from './record-walk.js';

/** A connection that answers one query; give it one that reads a single moment (REPEATABLE READ, READ ONLY). */
export type Query = <Row>(sql: string, values: readonly unknown[]) => Promise<readonly Row[]>;

const PAGE = 1_000;

/** The log and the audit of a site in PostgreSQL; they may be one database or two. */
export function postgresSources(log: Query, audit: Query): Omit<SiteSources, 'anchors'> {
  return {
    logEntries: (after) => log<WalkedEntry>(LOG_ENTRIES, [after, PAGE]),
    async logHead() {
      const [head] = await log<{ position: number; hash: string }>(LOG_HEAD, []);
      return head ?? { position: 0, hash: '' };
    },
    auditEntries: (after) => audit<WalkedEntry>(AUDIT_ENTRIES, [after, PAGE]),
    async auditContiguousTo() {
      const [progress] = await audit<{ at: number }>('SELECT contiguous_to::float8 AS at FROM audit.progress', []);
      return progress?.at ?? 0;
    },
    async tile(level, index) {
      const [tile] = await audit<{ hashes: Uint8Array; root: Uint8Array }>(TILE, [level, index]);
      return tile ?? null;
    },
    checkpoints: (after) => audit<{ size: number; note: string }>(CHECKPOINTS, [after, PAGE]),
    accesses: (after) => audit<RecordedAccess>(ACCESSES, [after, PAGE]),
    checkpointKeys: () => audit<SignerKey>(CHECKPOINT_KEYS, []),
  };
}

const LOG_ENTRIES = `
SELECT global_seq::float8 AS "globalSeq", stream_id AS "streamId", version::float8 AS version, event_id::text AS id, type,
  data::text AS "dataText", correlation_id AS "correlationId", causation_id AS "causationId",
  to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "recordedAt", encode(hash, 'hex') AS hash
FROM log.events WHERE global_seq > $1 ORDER BY global_seq LIMIT $2`;

const LOG_HEAD = `SELECT global_seq::float8 AS position, encode(hash, 'hex') AS hash FROM log.head`;

const AUDIT_ENTRIES = `
SELECT global_seq::float8 AS "globalSeq", stream_id AS "streamId", version::float8 AS version, event_id AS id, type,
  data_text AS "dataText", correlation_id AS "correlationId", causation_id AS "causationId",
  recorded_at AS "recordedAt", entry_hash AS hash
FROM audit.entries WHERE global_seq > $1 ORDER BY global_seq LIMIT $2`;

const TILE = 'SELECT hashes, root FROM audit.tree_tiles WHERE level = $1 AND place = $2';
const CHECKPOINTS = 'SELECT size::float8 AS size, note FROM audit.checkpoints WHERE size > $1 ORDER BY size LIMIT $2';
/** Keys are few: one for each time that a site has changed its own. */
const CHECKPOINT_KEYS = `
SELECT verifier_key AS key, from_size::float8 AS size FROM audit.checkpoint_keys ORDER BY from_size LIMIT 10000`;
const ACCESSES = `
SELECT place::float8 AS place, at, subject, name, view, transfer_id, question, hash
FROM audit.accesses WHERE place > $1 ORDER BY place LIMIT $2`;
