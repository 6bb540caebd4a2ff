import { entryHash, entryText, GENESIS_HASH } from '@hub-export/contracts';
import {
  type AnchorLine,
  EMPTY_RANGE,
  entryLeaf,
  leafHash,
  perfectRoot,
  rangeRoot,
  signCheckpoint,
  withLeaf,
} from '@hub-export/transparency-log';
import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import type { WalkedEntry } from './record-walk.js';
import type { SiteSources } from './site-sources.js';
import { verifySite } from './verify-site.js';

const key = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const origin = 'hub-export/site-a';
const SIZE = 600;

const entries: readonly WalkedEntry[] = chained(SIZE);
const leaves = entries.map((entry) => leafHash(entryLeaf(entryText(entry), entry.hash)));

function chained(count: number): readonly WalkedEntry[] {
  let before = GENESIS_HASH;
  return Array.from({ length: count }, (_, place) => {
    const entry = {
      ...{ globalSeq: place + 1, streamId: `stream-${place % 7}`, version: place + 1, id: `id-${place}`, type: 'Told' },
      ...{ dataText: '{}', correlationId: 'c', causationId: null, recordedAt: '2026-11-01T10:00:00.000000Z' },
    };
    before = entryHash(before, entryText(entry));
    return { ...entry, hash: before };
  });
}

function note(size: number, by = key.privateKey): string {
  return signCheckpoint({ origin, size, root: rangeRoot(leaves.slice(0, size).reduce(withLeaf, EMPTY_RANGE)) }, by);
}

const SIZES = [100, 250, 256, 500, 590];
const anchored = SIZES.map((size): AnchorLine => ({
  kind: 'checkpoint',
  size,
  anchored_at: '2026-11-01T10:00:00.000Z',
  note: note(size),
}));

interface Site {
  log: readonly WalkedEntry[];
  head: number;
  audit: readonly WalkedEntry[];
  contiguousTo: number;
  anchors: readonly (AnchorLine | null)[];
  stored: readonly { size: number; note: string }[];
}

const whole: Site = {
  log: entries,
  head: SIZE,
  audit: entries,
  contiguousTo: SIZE,
  anchors: anchored,
  stored: SIZES.map((size) => ({ size, note: note(size) })),
};

function sourcesOf(site: Site): SiteSources {
  const page = (of: readonly WalkedEntry[]) => async (after: number) =>
    of.filter(({ globalSeq }) => globalSeq > after).slice(0, 64);
  return {
    logEntries: page(site.log),
    logHead: async () => ({ position: site.head, hash: entries[site.head - 1]?.hash ?? '' }),
    auditEntries: page(site.audit),
    auditContiguousTo: async () => site.contiguousTo,
    tile: async (level, index) => {
      const hashes = leaves.slice(index * 256, (index + 1) * 256);
      return level > 0 || hashes.length < 256 ? null : { hashes: Buffer.concat(hashes), root: perfectRoot(hashes) };
    },
    checkpoints: async (after) => site.stored.filter(({ size }) => size > after).slice(0, 2),
    anchors: async function* () {
      yield* site.anchors;
    },
  };
}

const verify = (change: Partial<Site>, keys = [key.publicKey]) =>
  verifySite(sourcesOf({ ...whole, ...change }), { keys, origin });

describe('a site', () => {
  it('is intact where everything agrees, and tells its unanchored tail', async () => {
    expect(await verify({})).toEqual({
      ...{ status: 'intact', first_bad: null, findings: [], finding_count: 0, missing: [], missing_count: 0 },
      ...{ log_entries: SIZE, audit_entries: SIZE, anchors: 5, anchors_compared: 5, last_anchor: 590 },
      ...{ unanchored_tail: 10, torn_lines: 0, checkpoints_without_anchor: 0 },
    });
  });

  it('is incomplete where the audit has not heard of everything yet, and the numbers are named', async () => {
    const behind = { audit: entries.slice(0, 595), contiguousTo: 595 };
    expect(await verify(behind)).toMatchObject({
      status: 'incomplete',
      first_bad: null,
      missing: [{ from: 596, to: 600 }],
      missing_count: 5,
    });
    const gap = { audit: entries.filter(({ globalSeq }) => globalSeq !== 595), contiguousTo: 594 };
    expect(await verify(gap)).toMatchObject({ status: 'incomplete', missing: [{ from: 595, to: 595 }] });
  });

  it('is tampered where the audit lacks what it, or an anchor, says that it had', async () => {
    const lost = { audit: entries.filter(({ globalSeq }) => globalSeq !== 595) };
    expect(await verify(lost)).toMatchObject({ status: 'tampered', first_bad: { from: 595, to: 595 } });
    const cut = { audit: entries.slice(0, 580), contiguousTo: 580 };
    expect(await verify(cut)).toMatchObject({ status: 'tampered', first_bad: { from: 581, to: 581 } });
  });

  it('tells of a torn line and of checkpoints that the sink lost, without an alarm', async () => {
    expect(await verify({ anchors: [null, ...anchored] })).toMatchObject({ status: 'intact', torn_lines: 1 });
    expect(await verify({ anchors: anchored.slice(0, 3) })).toMatchObject({
      status: 'incomplete',
      checkpoints_without_anchor: 2,
      unanchored_tail: 344,
    });
  });

  it('is not called intact where no checkpoint outside of it vouches for anything', async () => {
    const unvouched = { anchors: [], stored: [] };
    expect(await verify(unvouched)).toMatchObject({ status: 'incomplete', anchors: 0, unanchored_tail: SIZE });
    const empty = { log: [], head: 0, audit: [], contiguousTo: 0, ...unvouched };
    expect(await verify(empty)).toMatchObject({ status: 'intact', unanchored_tail: 0 });
  });

  it('trusts no key but those that were handed', async () => {
    const forged = anchored.map((line) => ({ ...line, note: note(line.size, stranger.privateKey) }));
    expect(await verify({ anchors: forged })).toMatchObject({ status: 'tampered', anchors: 0, unanchored_tail: 600 });
    expect(await verify({}, [stranger.publicKey])).toMatchObject({ status: 'tampered', anchors: 0 });
    expect(await verify({ anchors: forged }, [key.publicKey, stranger.publicKey])).toMatchObject({ status: 'intact' });
  });

  it('is tampered where the sink has two signed stories of one size', async () => {
    const other: AnchorLine = {
      ...{ kind: 'checkpoint', size: 250, anchored_at: '2026-11-01T10:00:00.000Z' },
      note: signCheckpoint({ origin, size: 250, root: leaves[0] as Uint8Array }, key.privateKey),
    };
    expect(await verify({ anchors: [...anchored, other] })).toMatchObject({
      status: 'tampered',
      findings: [{ code: 'anchor_conflict', from: 250, to: 250 }],
    });
  });

  it('is tampered where the log ends otherwise than its head says', async () => {
    expect(await verify({ head: 599 })).toMatchObject({ first_bad: { from: 600, to: 600 } });
    expect(await verify({ log: entries.slice(0, 595) })).toMatchObject({ first_bad: { from: 596, to: 596 } });
  });

  it('names a range between two checkpoints where nothing else can tell', async () => {
    const told = chained(SIZE).map((entry) => ({ ...entry }));
    let before = told[299]?.hash ?? '';
    const changed = told.map((entry) => {
      if (entry.globalSeq <= 300) return entry;
      const other = { ...entry, correlationId: 'another' };
      before = entryHash(before, entryText(other));
      return { ...other, hash: before };
    });
    const site = { ...whole, log: changed, audit: changed };
    const sources = { ...sourcesOf(site), logHead: async () => ({ position: SIZE, hash: before }) };
    expect(await verifySite(sources, { keys: [key.publicKey], origin })).toMatchObject({
      status: 'tampered',
      first_bad: { from: 257, to: 500 },
    });
  });
});
