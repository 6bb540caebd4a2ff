import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CompactRange, EMPTY_RANGE, rangeRoot, withLeaf } from './compact-range.js';
import { consistencyPath, provesConsistency } from './consistency.js';
import { inclusionPath, provesInclusion } from './inclusion.js';
import { nodesOf, type Span, splitOf } from './span.js';
import { nodeInTile, perfectRoot, TILE_WIDTH, tileOf } from './tile.js';
import { EMPTY_ROOT, type Hash, leafHash, nodeHash, rootOf } from './tree-hash.js';

const hex = (hash: Hash): string => Buffer.from(hash).toString('hex');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');

/** The definition of RFC 6962, 2.1, word for word. */
function tree(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] as Hash;
  const middle = splitOf(leaves.length);
  return nodeHash(tree(leaves.slice(0, middle)), tree(leaves.slice(middle)));
}

function leavesOf(count: number): readonly Hash[] {
  return Array.from({ length: count }, (_, place) => leafHash(bytes(place.toString(16).padStart(8, '0'))));
}

function rangeOf(leaves: readonly Hash[]): CompactRange {
  return leaves.reduce(withLeaf, EMPTY_RANGE);
}

function proofOf(path: readonly Span[], leaves: readonly Hash[]): readonly Hash[] {
  return path.map((span) =>
    rootOf(
      nodesOf(span).map(({ level, index }) => perfectRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))),
    ),
  );
}

/** The leaves and roots that the reference implementation of Certificate Transparency tests with. */
const KNOWN_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const KNOWN_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree', () => {
  it('has the roots that Certificate Transparency knows, leaf by leaf', () => {
    const hashes = KNOWN_LEAVES.map((leaf) => leafHash(bytes(leaf)));
    expect(hashes.map((_, place) => hex(rangeRoot(rangeOf(hashes.slice(0, place + 1)))))).toEqual(KNOWN_ROOTS);
    expect(hex(rangeRoot(EMPTY_RANGE))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('grows by one leaf to what the definition says, and keeps one hash for each binary digit of its size', () => {
    const leaves = leavesOf(300);
    let range = EMPTY_RANGE;
    for (const [place, leaf] of leaves.entries()) {
      range = withLeaf(range, leaf);
      expect(hex(rangeRoot(range))).toBe(hex(tree(leaves.slice(0, place + 1))));
      expect(range.peaks).toHaveLength([...range.size.toString(2)].filter((digit) => digit === '1').length);
    }
  });

  it('is computed from tiles as from leaves', () => {
    const leaves = leavesOf(TILE_WIDTH);
    const tile = [...leaves];
    for (const { level, index } of [...nodesOf({ from: 0, to: 256 }), ...nodesOf({ from: 128, to: 199 })]) {
      if (level === 8) continue;
      expect(hex(nodeInTile(tile, { level, index }))).toBe(
        hex(tree(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))),
      );
    }
    expect(hex(perfectRoot(tile))).toBe(hex(tree(leaves)));
    expect(tileOf({ level: 0, index: 255 })).toEqual({ level: 0, index: 0 });
    expect(tileOf({ level: 7, index: 2 })).toEqual({ level: 0, index: 1 });
    expect(tileOf({ level: 8, index: 256 })).toEqual({ level: 1, index: 1 });
    expect(tileOf({ level: 19, index: 31 })).toEqual({ level: 2, index: 0 });
    expect(tileOf({ level: 19, index: 32 })).toEqual({ level: 2, index: 1 });
  });
});

const SIZES = fc.integer({ min: 1, max: 200 });
const ALL = leavesOf(200);

describe('an inclusion proof', () => {
  it('proves every leaf of every tree, in as many steps as the tree is high', () => {
    for (let size = 1; size <= 66; size += 1) {
      const leaves = ALL.slice(0, size);
      for (let index = 0; index < size; index += 1) {
        const proof = proofOf(inclusionPath(index, size), leaves);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        expect(provesInclusion({ index, size, leaf: leaves[index] as Hash, proof, root: tree(leaves) })).toBe(true);
      }
    }
  });

  it('takes 20 hashes among a million leaves', () => {
    expect(inclusionPath(654_321, 1_000_000)).toHaveLength(20);
  });

  it('proves nothing once one bit of it, the leaf, the root, or its place is another', () => {
    fc.assert(
      fc.property(SIZES, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 }), (size, which, part, bit) => {
        const leaves = ALL.slice(0, size);
        const index = which % size;
        const proof = [...proofOf(inclusionPath(index, size), leaves)];
        const told = { leaf: leaves[index] as Hash, root: tree(leaves), proof };
        const parts = [told.leaf, told.root, ...proof];
        const place = part % parts.length;
        parts[place] = flipped(parts[place] as Hash, bit);
        const [leaf, root, ...changed] = parts as [Hash, Hash, ...Hash[]];
        expect(provesInclusion({ index, size, leaf, root, proof: changed })).toBe(false);
        expect(provesInclusion({ ...told, index: index + 1, size })).toBe(false);
        expect(provesInclusion({ ...told, index, size, proof: [...proof, told.leaf] })).toBe(false);
        if (proof.length > 0) expect(provesInclusion({ ...told, index, size, proof: proof.slice(1) })).toBe(false);
      }),
    );
  });

  it('is refused for what is no leaf of the tree', () => {
    const claim = { leaf: ALL[0] as Hash, root: ALL[0] as Hash, proof: [] };
    for (const [index, size] of [
      [1, 1],
      [-1, 1],
      [0.5, 1],
      [0, 0],
      [0, Number.NaN],
    ] as const) {
      expect(() => inclusionPath(index, size)).toThrow(RangeError);
      expect(provesInclusion({ ...claim, index, size })).toBe(false);
    }
    expect(provesInclusion({ ...claim, index: 0, size: 1 })).toBe(true);
  });

  it('takes no hash of another length', () => {
    const [left, right] = ALL as [Hash, Hash];
    const claim = { index: 0, size: 2, root: nodeHash(left, right) };
    expect(provesInclusion({ ...claim, leaf: left, proof: [right] })).toBe(true);
    const shifted = Buffer.concat([left, right]);
    expect(provesInclusion({ ...claim, leaf: shifted.subarray(0, 31), proof: [shifted.subarray(31)] })).toBe(false);
  });
});

describe('a consistency proof', () => {
  it('proves of every two sizes that the smaller tree is the beginning of the larger', () => {
    const roots = Array.from({ length: 67 }, (_, size) => tree(ALL.slice(0, size)));
    for (let second = 1; second <= 66; second += 1) {
      for (let first = 1; first <= second; first += 1) {
        const proof = proofOf(consistencyPath(first, second), ALL.slice(0, second));
        const claim = { first, second, firstRoot: roots[first] as Hash, secondRoot: roots[second] as Hash, proof };
        expect(provesConsistency(claim)).toBe(true);
      }
    }
  });

  it('does not exist where an earlier leaf was changed, whatever the prover says', () => {
    fc.assert(
      fc.property(SIZES, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 }), (second, which, edited, bit) => {
        const first = (which % second) + 1;
        const leaves = ALL.slice(0, second);
        const firstRoot = tree(leaves.slice(0, first));
        const changed = [...leaves];
        const place = edited % first;
        changed[place] = flipped(leaves[place] as Hash, bit);
        const proof = proofOf(consistencyPath(first, second), changed);
        expect(provesConsistency({ first, second, firstRoot, secondRoot: tree(changed), proof })).toBe(false);
      }),
    );
  });

  it('is refused for sizes that are none', () => {
    const [hash] = ALL as [Hash];
    for (const [first, second] of [
      [0, 1],
      [2, 1],
      [-1, 1],
      [1.5, 2],
    ] as const) {
      expect(() => consistencyPath(first, second)).toThrow(RangeError);
      expect(provesConsistency({ first, second, firstRoot: hash, secondRoot: hash, proof: [] })).toBe(false);
    }
    expect(provesConsistency({ first: 1, second: 1, firstRoot: hash, secondRoot: hash, proof: [] })).toBe(true);
    expect(provesConsistency({ first: 1, second: 1, firstRoot: hash, secondRoot: hash, proof: [hash] })).toBe(false);
  });
});

function flipped(hash: Hash, bit: number): Hash {
  return hash.map((byte, place) => (place === Math.floor(bit / 8) ? byte ^ (1 << (bit % 8)) : byte));
}
