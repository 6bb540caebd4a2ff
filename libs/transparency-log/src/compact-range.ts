import { type Hash, nodeHash, rootOf } from './tree-hash.js';

/** A tree as far as it takes to add to it: the perfect subtrees that its leaves fall into, left to right. */
export interface CompactRange {
  /** Leaves. */
  readonly size: number;
  /** One for each binary digit 1 of the size: some twenty for a million leaves. */
  readonly peaks: readonly Hash[];
}

export const EMPTY_RANGE: CompactRange = { size: 0, peaks: [] };

/** Adds the hash of the next leaf. */
export function withLeaf({ size, peaks }: CompactRange, leaf: Hash): CompactRange {
  const kept = [...peaks];
  let hash = leaf;
  for (let trees = size; trees % 2 === 1; trees = (trees - 1) / 2) hash = nodeHash(kept.pop() as Hash, hash);
  return { size: size + 1, peaks: [...kept, hash] };
}

export function rangeRoot({ peaks }: CompactRange): Hash {
  return rootOf(peaks);
}
