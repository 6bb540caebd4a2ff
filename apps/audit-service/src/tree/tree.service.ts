import {
  consistencyPath,
  EMPTY_ROOT,
  type Hash,
  inclusionPath,
  type Node,
  nodeInTile,
  nodesOf,
  perfectRoot,
  rootOf,
  type Span,
  TILE_HEIGHT,
  TILE_WIDTH,
  tileOf,
} from '@hub-export/transparency-log';
import type { Entry } from '../entry/entry.js';
import type { Queries } from '../entry/entry.table.js';
import { insertTile, leafOf, leavesBetween, loadTile, tileRoots } from './tree.table.js';

/**
 * The Merkle tree over entries 1, 2, … of the record: entry n is leaf n − 1. Complete tiles are kept; what lies at the
 * edge is computed from at most 255 entries, and from as many roots of each level. Any process may ask.
 */
export class TreeService {
  /**
   * Keeps the tiles that became complete, in the transaction that moved the record's end.
   * @param before where the end was, @param now where it is, @param entries those in between, in order.
   */
  async grow(tx: Queries, before: number, now: number, entries: readonly Entry[]): Promise<void> {
    const leavesOf = async (from: number, to: number): Promise<readonly Hash[]> => [
      ...(from < before ? await leavesBetween(from, before, tx) : []),
      ...entries.slice(Math.max(from - before, 0), to - before).map(leafOf),
    ];
    let [first, end] = [Math.floor(before / TILE_WIDTH), Math.floor(now / TILE_WIDTH)];
    for (let level = 0; end > first; level += 1) {
      for (let index = first; index < end; index += 1) {
        const [from, to] = [index * TILE_WIDTH, (index + 1) * TILE_WIDTH];
        const hashes = await (level === 0 ? leavesOf(from, to) : tileRoots(level - 1, from, to, tx));
        await insertTile({ level, index }, hashes, perfectRoot(hashes), tx);
      }
      [first, end] = [Math.floor(first / TILE_WIDTH), Math.floor(end / TILE_WIDTH)];
    }
  }

  /** The root of the tree over the first `size` entries, all of which are there. */
  root(size: number, tx: Queries): Promise<Hash> {
    return size === 0 ? Promise.resolve(EMPTY_ROOT) : hashOf({ from: 0, to: size }, tx);
  }

  /** The hashes that prove that a leaf is in the tree of a size. @throws {RangeError} */
  inclusion(index: number, size: number, tx: Queries): Promise<readonly Hash[]> {
    return hashesOf(inclusionPath(index, size), tx);
  }

  /** The hashes that prove that the first tree is the beginning of the second. @throws {RangeError} */
  consistency(first: number, second: number, tx: Queries): Promise<readonly Hash[]> {
    return hashesOf(consistencyPath(first, second), tx);
  }
}

async function hashesOf(spans: readonly Span[], tx: Queries): Promise<readonly Hash[]> {
  const hashes: Hash[] = [];
  for (const span of spans) hashes.push(await hashOf(span, tx));
  return hashes;
}

async function hashOf(span: Span, tx: Queries): Promise<Hash> {
  const hashes: Hash[] = [];
  for (const node of nodesOf(span)) hashes.push(await hashOfNode(node, tx));
  return rootOf(hashes);
}

/** From its tile, where that is complete; else from what lies below: entries, or roots of tiles. */
async function hashOfNode(node: Node, tx: Queries): Promise<Hash> {
  const tile = await loadTile(tileOf(node), tx);
  if (tile !== null) return nodeInTile(tile, node);
  const tileLevel = Math.floor(node.level / TILE_HEIGHT);
  const width = 2 ** (node.level % TILE_HEIGHT);
  const [from, to] = [node.index * width, (node.index + 1) * width];
  return perfectRoot(await (tileLevel === 0 ? leavesBetween(from, to, tx) : tileRoots(tileLevel - 1, from, to, tx)));
}
