import { entryText } from '@hub-export/contracts';
import { type Page, pageOf, parseCursor, type Principal, Problem } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { ENTRY_LEAF_KIND, type Hash, parseCheckpointText, parseNote, toBase64 } from '@hub-export/transparency-log';
import type { EntityManager } from 'typeorm';
import { entriesBetween } from '../entry/entry.table.js';
import type { TreeService } from '../tree/tree.service.js';
import { leafOf } from '../tree/tree.table.js';
import {
  checkpointAt,
  checkpointCovering,
  checkpointsBefore,
  latestCheckpoint,
  type StoredCheckpoint,
  storedKeys,
} from './checkpoint.table.js';

/** A signed checkpoint, as callers get it. */
export interface CheckpointAnswer {
  /** Entries it speaks of: 1 to this. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly origin: string;
  readonly key_id: string;
  readonly anchored_at: string;
  /** The signed checkpoint itself (C2SP tlog-checkpoint); the fields above are read from it. */
  readonly note: string;
}

/** What proves that an entry is in the tree of a checkpoint. */
export interface InclusionAnswer {
  readonly global_seq: number;
  /** `global_seq − 1`. */
  readonly leaf_index: number;
  /** What the leaf's text begins with; see the README of transparency-log. */
  readonly leaf_kind: typeof ENTRY_LEAF_KIND;
  readonly entry_hash: string;
  /** The nine fields of the entry, joined by line feeds. */
  readonly entry_text: string;
  /** Base64, as all hashes of trees. */
  readonly leaf_hash: string;
  readonly size: number;
  readonly root: string;
  /** From the leaf upwards. */
  readonly proof: readonly string[];
  readonly checkpoint: CheckpointAnswer;
}

export interface ConsistencyAnswer {
  readonly from: number;
  readonly to: number;
  readonly from_root: string;
  readonly to_root: string;
  readonly proof: readonly string[];
  readonly from_checkpoint: CheckpointAnswer;
  readonly to_checkpoint: CheckpointAnswer;
}

/** A public key by which checkpoints were signed. */
export interface CheckpointKeyAnswer {
  readonly key_id: string;
  /** `name+key id+Base64`, as tools of signed notes read it. */
  readonly verifier_key: string;
  /** The size of the first checkpoint it signed. */
  readonly from_size: number;
  readonly introduced_at: string;
}

/** Answers with checkpoints and proofs. Any process may, with or without the key. */
export class CheckpointService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly tree: TreeService,
  ) {}

  async list(limit: number, cursor: string | undefined): Promise<Page<CheckpointAnswer>> {
    const before = parseCursor(cursor, ['number'])?.[0];
    if (before !== undefined && !Number.isSafeInteger(before)) {
      throw new Problem(400, 'invalid_cursor', 'The cursor is not one that this list gave.');
    }
    const rows = await this.atOneMoment((tx) => checkpointsBefore(before, limit + 1, tx));
    return pageOf(rows, limit, ({ size }) => [size], checkpointAnswer);
  }

  /** @throws {Problem} 404 `no_checkpoint` */
  async latest(): Promise<CheckpointAnswer> {
    const latest = await this.atOneMoment(latestCheckpoint);
    if (latest === null) throw new Problem(404, 'no_checkpoint', 'No checkpoint has been made yet.');
    return checkpointAnswer(latest);
  }

  async keys(): Promise<{ readonly items: readonly CheckpointKeyAnswer[] }> {
    const keys = await this.atOneMoment(storedKeys);
    return {
      items: keys.map(({ keyId, verifierKey, fromSize, introducedAt }) => ({
        key_id: keyId,
        verifier_key: verifierKey,
        from_size: fromSize,
        introduced_at: introducedAt,
      })),
    };
  }

  /**
   * @param size of a checkpoint; by default the first one that covers the entry.
   * @throws {Problem} 404 `unknown_entry` (an entry of a foreign center too), `unknown_size`, `not_anchored_yet`; 400
   *   `invalid_range` where the checkpoint ends before the entry.
   */
  proof(
    globalSeq: number,
    size: number | undefined,
    { centers }: Pick<Principal, 'centers'>,
  ): Promise<InclusionAnswer> {
    return this.atOneMoment(async (tx) => {
      const [entry] = await entriesBetween(tx, globalSeq, globalSeq);
      if (entry === undefined || !(await mayBeSeen(globalSeq, centers, tx))) {
        throw new Problem(404, 'unknown_entry', 'There is no such entry.');
      }
      if (size !== undefined && size < globalSeq) {
        throw new Problem(400, 'invalid_range', 'The checkpoint ends before the entry.');
      }
      const checkpoint = await (size === undefined ? checkpointCovering(globalSeq, tx) : checkpointAt(size, tx));
      if (checkpoint === null) throw size === undefined ? notAnchoredYet() : unknownSize();
      const proof = await this.tree.inclusion(globalSeq - 1, checkpoint.size, tx);
      const answer = checkpointAnswer(checkpoint);
      return {
        global_seq: globalSeq,
        leaf_index: globalSeq - 1,
        leaf_kind: ENTRY_LEAF_KIND,
        entry_hash: entry.hash,
        entry_text: entryText(entry),
        leaf_hash: toBase64(leafOf(entry)),
        size: checkpoint.size,
        root: answer.root,
        proof: texts(proof),
        checkpoint: answer,
      };
    });
  }

  /** @throws {Problem} 400 `invalid_range`, 404 `unknown_size` */
  async consistency(from: number, to: number): Promise<ConsistencyAnswer> {
    if (from > to) throw new Problem(400, 'invalid_range', 'The range must not end before it begins.');
    return this.atOneMoment(async (tx) => {
      const [first, second] = [await checkpointAt(from, tx), await checkpointAt(to, tx)];
      if (first === null || second === null) throw unknownSize();
      const proof = await this.tree.consistency(from, to, tx);
      const [from_checkpoint, to_checkpoint] = [checkpointAnswer(first), checkpointAnswer(second)];
      return {
        from,
        to,
        from_root: from_checkpoint.root,
        to_root: to_checkpoint.root,
        proof: texts(proof),
        from_checkpoint,
        to_checkpoint,
      };
    });
  }

  private atOneMoment<Answer>(work: (tx: EntityManager) => Promise<Answer>): Promise<Answer> {
    return this.database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return work(tx);
    });
  }
}

/** What the note says, beside the note. */
export function checkpointAnswer({ size, note, keyId, anchoredAt }: StoredCheckpoint): CheckpointAnswer {
  const { root, origin } = parseCheckpointText(parseNote(note).text);
  return { size, root: toBase64(root), origin, key_id: keyId, anchored_at: anchoredAt, note };
}

async function mayBeSeen(globalSeq: number, centers: Principal['centers'], tx: EntityManager): Promise<boolean> {
  if (centers === 'all') return true;
  const rows = await tx.query<unknown[]>('SELECT FROM audit.actions WHERE global_seq = $1 AND center_key = ANY ($2)', [
    globalSeq,
    centers,
  ]);
  return rows.length > 0;
}

function texts(hashes: readonly Hash[]): readonly string[] {
  return hashes.map(toBase64);
}

function notAnchoredYet(): Problem {
  return new Problem(404, 'not_anchored_yet', 'No checkpoint covers this entry yet.');
}

function unknownSize(): Problem {
  return new Problem(404, 'unknown_size', 'There is no checkpoint of this size.');
}
