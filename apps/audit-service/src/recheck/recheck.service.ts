import { step, type Walk, WALK_START, walkedPast } from '@hub-export/record-verification';
import {
  HASH_BYTES,
  type Hash,
  isSameHash,
  NoteFault,
  parseCheckpointText,
  parseNote,
  rangeRoot,
  TILE_WIDTH,
} from '@hub-export/transparency-log';
import { checkpointsAfter } from '../checkpoint/checkpoint.table.js';
import { entriesBetween, insertFindings, type Queries } from '../entry/entry.table.js';
import type { Finding, FindingCode } from '../integrity/integrity.js';
import { loadTile } from '../tree/tree.table.js';

type Found = Pick<Finding, 'global_seq' | 'code'>;

/** What one batch showed. */
export interface Rechecked {
  readonly read: number;
  /** Told for the first time. */
  readonly findings: readonly Found[];
}

interface RecheckRow {
  readonly position: number;
  readonly hash: string | null;
  readonly peaks: Buffer | null;
  readonly contiguousTo: number;
  readonly restedMs: number | null;
}

const NOTHING: Rechecked = { read: 0, findings: [] };
/** Checkpoints that may lie within one batch; more are compared by the next round. */
const CHECKPOINTS_MAX = 1_000;

/**
 * Reads the record again from its first entry: each entry's own hash, the tiles and the checkpoints that were made over
 * them. A batch is a transaction, and its place is kept, so that a restart goes on where it was.
 */
export class RecheckService {
  /** Entries in one batch: whole tiles. */
  readonly batch = 2 * TILE_WIDTH;

  /** @param pauseMs the rest after the end of the record. */
  async step(pauseMs: number, tx: Queries): Promise<Rechecked> {
    const [row] = await tx.query<RecheckRow[]>(LOCK);
    if (row === undefined || (row.position === 0 && (row.restedMs ?? Infinity) < pauseMs)) return NOTHING;
    const to = Math.max(row.position, Math.min(row.position + this.batch, row.contiguousTo));
    const { walk, found } = await this.read(walkOf(row), to, tx);
    const findings = await insertFindings(tx, found);
    // A round ends with the batch that finds the end of the record. A later batch would begin inside a tile, as the
    // record grows meanwhile, and could not compare it.
    if (to < row.position + this.batch) await tx.query(FINISH, [to, WALK_START.hash]);
    else await tx.query(MOVE_ON, [to, walk.hash, peaksOf(walk)]);
    return { read: to - row.position, findings };
  }

  private async read(from: Walk, to: number, tx: Queries): Promise<{ walk: Walk; found: readonly Found[] }> {
    const entries = await entriesBetween(tx, from.position + 1, to);
    const checkpoints = new Map(
      (await checkpointsAfter(from.position, CHECKPOINTS_MAX, tx)).map(({ size, note }) => [size, note]),
    );
    const found: Found[] = [];
    let walk = from;
    let leaves: Hash[] = [];
    for (const entry of entries) {
      const next = step(walk, entry);
      for (let lost = next.missing?.from ?? 1; lost <= (next.missing?.to ?? 0); lost += 1) {
        found.push({ global_seq: lost, code: 'entry_lost' });
      }
      if (!next.follows) found.push({ global_seq: entry.globalSeq, code: 'hash_mismatch' });
      walk = next.walk;
      leaves = next.missing === null ? [...leaves, next.leaf] : [];
      if (entry.globalSeq % TILE_WIDTH === 0) {
        if (!(await this.isTile(entry.globalSeq, leaves, tx)))
          found.push({ global_seq: entry.globalSeq, code: 'tile_mismatch' });
        leaves = [];
      }
      const note = checkpoints.get(entry.globalSeq);
      const fault = note === undefined || walk.tree === null ? null : faultOf(note, walk);
      if (fault !== null) found.push({ global_seq: entry.globalSeq, code: fault });
    }
    for (let lost = walk.position + 1; lost <= to; lost += 1) found.push({ global_seq: lost, code: 'entry_lost' });
    return { walk: walk.position === to ? walk : walkedPast(to), found };
  }

  private async isTile(end: number, leaves: readonly Hash[], tx: Queries): Promise<boolean> {
    const tile = await loadTile({ level: 0, index: end / TILE_WIDTH - 1 }, tx);
    return (
      tile !== null &&
      tile.length === leaves.length &&
      tile.every((hash, place) => isSameHash(hash, leaves[place] as Hash))
    );
  }
}

function faultOf(note: string, { position, tree }: Walk): FindingCode | null {
  try {
    const { size, root } = parseCheckpointText(parseNote(note).text);
    if (size !== position) return 'checkpoint_forged';
    return tree === null || isSameHash(root, rangeRoot(tree)) ? null : 'checkpoint_mismatch';
  } catch (error) {
    if (error instanceof NoteFault) return 'checkpoint_forged';
    throw error;
  }
}

function walkOf({ position, hash, peaks }: RecheckRow): Walk {
  if (peaks === null) return { position, hash, tree: null };
  const count = peaks.length / HASH_BYTES;
  const hashes = Array.from({ length: count }, (_, place) =>
    peaks.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
  );
  return { position, hash, tree: { size: position, peaks: hashes } };
}

function peaksOf({ tree }: Walk): Buffer | null {
  return tree === null ? null : Buffer.concat(tree.peaks);
}

/** Whoever has the line reads; others find nothing to do. */
const LOCK = `
SELECT r.position::float8 AS position, r.hash, r.peaks, p.contiguous_to::float8 AS "contiguousTo",
  (extract(epoch FROM clock_timestamp() - r.finished_at) * 1000)::float8 AS "restedMs"
FROM audit.recheck r, audit.progress p FOR UPDATE OF r SKIP LOCKED`;

const MOVE_ON = 'UPDATE audit.recheck SET position = $1, hash = $2, peaks = $3';
const FINISH = `
UPDATE audit.recheck SET position = 0, hash = $2, peaks = '', finished_to = $1, finished_at = clock_timestamp()`;
