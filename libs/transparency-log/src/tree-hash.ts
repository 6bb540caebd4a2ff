import { createHash } from 'node:crypto';

/** A SHA-256 digest, 32 bytes. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

/** The root of the tree without leaves: SHA-256 of nothing (RFC 6962, 2.1). */
export const EMPTY_ROOT: Hash = createHash('sha256').digest();

const LEAF_PREFIX = new Uint8Array([0x00]);
const NODE_PREFIX = new Uint8Array([0x01]);

/** `SHA-256(0x00 ‖ leaf)`. The prefixes keep a leaf from passing for a node (RFC 6962, 2.1). */
export function leafHash(leaf: Uint8Array): Hash {
  return createHash('sha256').update(LEAF_PREFIX).update(leaf).digest();
}

/** `SHA-256(0x01 ‖ left ‖ right)`. */
export function nodeHash(left: Hash, right: Hash): Hash {
  return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}

/** Whether all have the length of a digest: of others, two could be joined to the same bytes as two digests. */
export function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every(({ length }) => length === HASH_BYTES);
}

export function isSameHash(one: Hash, other: Hash): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** The hash of neighbouring subtrees, left to right, each larger than the next: the root where they are the whole tree. */
export function rootOf(peaks: readonly Hash[]): Hash {
  const last = peaks.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}
