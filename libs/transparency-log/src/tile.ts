import { HASH_BYTES, type Hash, nodeHash } from './tree-hash.js';
import type { Node } from './span.js';

/**
 * Trees are kept in tiles, as C2SP tlog-tiles cuts them: a tile of level L holds the hashes of 256 neighbouring nodes of
 * height 8·L; what lies between is computed. A tile is complete and never changes; the tree's edge is in none.
 */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/** Which tile it is: the index-th of its level. */
export interface TilePlace {
  readonly level: number;
  readonly index: number;
}

/** The tile in which a node lies, or from which it is computed; its root is the node of the tile above. */
export function tileOf({ level, index }: Node): TilePlace {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  return { level: tileLevel, index: Math.floor((index * 2 ** (level % TILE_HEIGHT)) / TILE_WIDTH) };
}

/** The hash of a node from its tile's hashes. */
export function nodeInTile(tile: readonly Hash[], { level, index }: Node): Hash {
  const width = 2 ** (level % TILE_HEIGHT);
  const first = (index * width) % TILE_WIDTH;
  return perfectRoot(tile.slice(first, first + width));
}

/** The root over hashes whose number is a power of two. */
export function perfectRoot(hashes: readonly Hash[]): Hash {
  const [first, second] = hashes;
  if (first === undefined) throw new RangeError('A subtree has leaves.');
  if (second === undefined) return first;
  const pairs: Hash[] = [];
  for (let place = 0; place < hashes.length; place += 2) {
    pairs.push(nodeHash(hashes[place] as Hash, hashes[place + 1] as Hash));
  }
  return perfectRoot(pairs);
}

/** The hashes of a tile, from its bytes. */
export function tileHashes(bytes: Uint8Array): readonly Hash[] {
  if (bytes.length !== TILE_BYTES) throw new RangeError(`A tile has ${TILE_BYTES} bytes.`);
  return Array.from({ length: TILE_WIDTH }, (_, place) => bytes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
}
