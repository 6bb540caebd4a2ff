import { half, isCount, requireCount } from './inclusion.js';
import { type Span, splitOf } from './span.js';
import { areHashes, type Hash, isSameHash, nodeHash } from './tree-hash.js';

/**
 * The subtrees whose hashes prove that a tree is the beginning of a larger one (RFC 6962, 2.1.2); none where both have
 * the same size.
 * @throws {RangeError} where the first is empty or larger than the second.
 */
export function consistencyPath(first: number, second: number): readonly Span[] {
  requireCount(first);
  requireCount(second);
  if (first < 1 || first > second) throw new RangeError('A tree begins with one that is not larger, and not empty.');
  return first === second ? [] : pathOf(first, { from: 0, to: second }, true);
}

/** Whether the hashes lead to both roots, so that the second tree only adds to the first (RFC 9162, 2.1.4.2). */
export function provesConsistency(claim: {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Hash;
  readonly secondRoot: Hash;
  readonly proof: readonly Hash[];
}): boolean {
  const { first, second, firstRoot, secondRoot, proof } = claim;
  if (!isCount(first) || !isCount(second) || first < 1 || first > second) return false;
  if (!areHashes([firstRoot, ...proof])) return false;
  if (first === second) return proof.length === 0 && isSameHash(firstRoot, secondRoot);
  // A first tree that is perfect is itself a subtree of the second, and is not told again.
  const [start, ...path] = isPowerOfTwo(first) ? [firstRoot, ...proof] : proof;
  if (start === undefined) return false;
  let place = first - 1;
  let last = second - 1;
  while (place % 2 === 1) {
    place = half(place);
    last = half(last);
  }
  let earlier = start;
  let later = start;
  for (const neighbour of path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      earlier = nodeHash(neighbour, earlier);
      later = nodeHash(neighbour, later);
      while (place % 2 === 0 && place !== 0) {
        place /= 2;
        last = half(last);
      }
    } else {
      later = nodeHash(later, neighbour);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && isSameHash(earlier, firstRoot) && isSameHash(later, secondRoot);
}

/** @param isKnown the first tree is this very span, whose hash the verifier has. */
function pathOf(first: number, { from, to }: Span, isKnown: boolean): readonly Span[] {
  if (first === to) return isKnown ? [] : [{ from, to }];
  const middle = from + splitOf(to - from);
  return first <= middle
    ? [...pathOf(first, { from, to: middle }, isKnown), { from: middle, to }]
    : [...pathOf(first, { from: middle, to }, false), { from, to: middle }];
}

function isPowerOfTwo(size: number): boolean {
  return size === 1 || splitOf(size) * 2 === size;
}
