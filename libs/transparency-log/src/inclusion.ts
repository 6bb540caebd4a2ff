import { type Span, splitOf } from './span.js';
import { areHashes, type Hash, isSameHash, nodeHash } from './tree-hash.js';

/**
 * The subtrees whose hashes prove that a leaf is in a tree, from the leaf upwards (RFC 6962, 2.1.1).
 * @param index of the leaf, the first is 0.
 * @param size of the tree.
 * @throws {RangeError} where the tree has no such leaf.
 */
export function inclusionPath(index: number, size: number): readonly Span[] {
  requireCount(index);
  requireCount(size);
  if (index >= size) throw new RangeError('The tree has no such leaf.');
  return pathTo(index, { from: 0, to: size });
}

/** Whether the hashes lead from a leaf to the root (RFC 9162, 2.1.3.2). Never throws. */
export function provesInclusion(claim: {
  readonly index: number;
  readonly size: number;
  readonly leaf: Hash;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}): boolean {
  const { index, size, leaf, proof, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leaf, ...proof])) return false;
  let place = index;
  let last = size - 1;
  let hash = leaf;
  for (const neighbour of proof) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      hash = nodeHash(neighbour, hash);
      while (place % 2 === 0 && place !== 0) {
        place /= 2;
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, neighbour);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && isSameHash(hash, root);
}

function pathTo(index: number, { from, to }: Span): readonly Span[] {
  if (to - from === 1) return [];
  const middle = from + splitOf(to - from);
  return index < middle
    ? [...pathTo(index, { from, to: middle }), { from: middle, to }]
    : [...pathTo(index, { from: middle, to }), { from, to: middle }];
}

export function half(number: number): number {
  return Math.floor(number / 2);
}

export function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

export function requireCount(number: number): void {
  if (!isCount(number)) throw new RangeError('Leaves are counted by whole numbers.');
}
