import { entryHash, entryText, GENESIS_HASH, type RecordedEvent } from '@hub-export/contracts';
import {
  EMPTY_RANGE,
  type CompactRange,
  entryLeaf,
  type Hash,
  leafHash,
  rangeRoot,
  withLeaf,
} from '@hub-export/transparency-log';

/** An entry as log and audit keep it: its data as the text that is hashed. */
export type WalkedEntry = Omit<RecordedEvent, 'data'> & { readonly dataText: string };

/** How far a record was walked, and what it takes to go on from there. */
export interface Walk {
  /** Every entry up to here was walked. */
  readonly position: number;
  /** That the last entry bears; null where the last entry is missing. */
  readonly hash: string | null;
  /** The tree over the entries; null behind a gap, where nobody can know it. */
  readonly tree: CompactRange | null;
}

export const WALK_START: Walk = { position: 0, hash: GENESIS_HASH, tree: EMPTY_RANGE };

/** The walk behind places up to which entries are missing. */
export function walkedPast(position: number): Walk {
  return { position, hash: null, tree: null };
}

/** What one step showed. */
export interface Step {
  readonly walk: Walk;
  /** The entry's leaf in the tree. */
  readonly leaf: Hash;
  /** Places before it without an entry. */
  readonly missing: { readonly from: number; readonly to: number } | null;
  /** Whether its hash follows from the entry before and its own text; true behind a gap, where nobody can tell. */
  readonly follows: boolean;
}

/** Takes the next entry, in ascending order. */
export function step({ position, hash, tree }: Walk, entry: WalkedEntry): Step {
  const text = entryText(entry);
  const isNext = entry.globalSeq === position + 1;
  const leaf = leafHash(entryLeaf(text, entry.hash));
  return {
    walk: { position: entry.globalSeq, hash: entry.hash, tree: isNext && tree !== null ? withLeaf(tree, leaf) : null },
    leaf,
    missing: isNext ? null : { from: position + 1, to: entry.globalSeq - 1 },
    follows: !isNext || hash === null || entryHash(hash, text) === entry.hash,
  };
}

/** The root over all that was walked; null behind a gap. */
export function walkedRoot({ tree }: Walk): Hash | null {
  return tree === null ? null : rangeRoot(tree);
}
