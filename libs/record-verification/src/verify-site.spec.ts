import { entryHash, entryText, GENESIS_HASH } from '@hub-export/contracts';
import {
  type AnchorLine,
  type ReadLine,
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
import { accessHash, accessOrigin, FIRST_ACCESS_HASH, type RecordedAccess } from './access-chain.js';
import type { SignerKey } from './anchored.js';
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
const SIGNER: SignerKey = { key: 'hub-export/site-a+01020304+key', size: 100 };
const told: AnchorLine = { kind: 'key', size: 100, introduced_at: '2026-11-01T10:00:00.000Z', key: SIGNER.key };
const checkpoints = SIZES.map((size) => ({
  kind: 'checkpoint' as const,
  size,
  anchored_at: '2026-11-01T10:00:00.000Z',
  note: note(size),
}));
const TORN = { kind: 'torn', size: null } as const;
const anchored: readonly AnchorLine[] = [told, ...checkpoints];

interface Site {
  log: readonly WalkedEntry[];
  head: number;
  audit: readonly WalkedEntry[];
  contiguousTo: number;
  anchors: readonly ReadLine[];
  keys: readonly SignerKey[];
  accesses: readonly RecordedAccess[];
  stored: readonly { size: number; note: string }[];
}

const whole: Site = {
  log: entries,
  head: SIZE,
  audit: entries,
  contiguousTo: SIZE,
  anchors: anchored,
  keys: [SIGNER],
  accesses: [],
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
    checkpointKeys: async () => site.keys,
    accesses: async (after) => site.accesses.filter(({ place }) => place > after).slice(0, 3),
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
      ...{ unanchored_tail: 10, torn_lines: 0, end_torn: false, checkpoints_without_anchor: 0 },
      accesses: { count: 0, anchors: 0, last_anchor: 0, unanchored_tail: 0, findings: [], finding_count: 0 },
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
    expect(await verify({ anchors: [TORN, ...anchored] })).toMatchObject({ status: 'intact', torn_lines: 1 });
    expect(await verify({ anchors: anchored.slice(0, 4) })).toMatchObject({
      status: 'incomplete',
      checkpoints_without_anchor: 2,
      unanchored_tail: 344,
    });
  });

  it('is not called intact where no checkpoint follows a line that was torn', async () => {
    const torn = { anchors: [...anchored.slice(0, -1), TORN], stored: whole.stored.slice(0, -1) };
    expect(await verify(torn)).toMatchObject({ status: 'incomplete', torn_lines: 1, end_torn: true });
  });

  it('is tampered where a line of the sink was damaged, its stored checkpoint taken away or not', async () => {
    const anchors = anchored.map((line) => (line.size === 500 ? ({ kind: 'damaged', size: 500 } as const) : line));
    const found = { status: 'tampered', first_bad: { from: 500, to: 500 } };
    expect(await verify({ anchors })).toMatchObject(found);
    const stored = whole.stored.filter(({ size }) => size !== 500);
    expect(await verify({ anchors, stored })).toMatchObject({ ...found, torn_lines: 0 });
    const unreadable = anchors.map((line) => (line.kind === 'damaged' ? { ...line, size: null } : line));
    expect(await verify({ anchors: unreadable, stored })).toMatchObject({ findings: [{ from: 257 }] });
  });

  it('is tampered where the stored keys are not those that the sink tells', async () => {
    const other: SignerKey = { key: 'hub-export/site-a+0a0b0c0d+other', size: 300 };
    const codes = async (change: Partial<Site>) =>
      (await verify(change)).findings.map(({ code, from }) => [code, from]);
    expect(await codes({ keys: [SIGNER, other] })).toEqual([['checkpoint_key_differs', 300]]);
    expect(await codes({ keys: [{ ...SIGNER, size: 101 }] })).toEqual([['checkpoint_key_differs', 101]]);
    expect(await codes({ keys: [] })).toEqual([['checkpoint_key_missing', 100]]);
    const introduced: AnchorLine = { ...told, size: 300, key: other.key };
    expect(await codes({ anchors: [...anchored, introduced] })).toEqual([['checkpoint_key_missing', 300]]);
    // A crash left a key without a checkpoint, and it was told again with the next one.
    const again = { ...told, size: 90 };
    expect(await verify({ anchors: [again, ...anchored] })).toMatchObject({ status: 'intact' });
    // Of a checkpoint that is not stored yet.
    expect(await verify({ anchors: [...anchored, { ...introduced, size: 595 }] })).toMatchObject({ status: 'intact' });
  });

  it('is not called intact where no checkpoint outside of it vouches for anything', async () => {
    const unvouched = { anchors: [], stored: [] };
    expect(await verify(unvouched)).toMatchObject({ status: 'incomplete', anchors: 0, unanchored_tail: SIZE });
    const empty = { log: [], head: 0, audit: [], contiguousTo: 0, ...unvouched };
    expect(await verify(empty)).toMatchObject({ status: 'intact', unanchored_tail: 0 });
  });

  it('trusts no key but those that were handed', async () => {
    const forged = checkpoints.map((line) => ({ ...line, note: note(line.size, stranger.privateKey) }));
    expect(await verify({ anchors: forged })).toMatchObject({ status: 'tampered', anchors: 0, unanchored_tail: 600 });
    expect(await verify({}, [stranger.publicKey])).toMatchObject({ status: 'tampered', anchors: 0 });
    const both = [key.publicKey, stranger.publicKey];
    expect(await verify({ anchors: [told, ...forged] }, both)).toMatchObject({ status: 'intact' });
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
    const copied = chained(SIZE).map((entry) => ({ ...entry }));
    let before = copied[299]?.hash ?? '';
    const changed = copied.map((entry) => {
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

describe('the record of who read the audit', () => {
  const accesses = chainOf(10);
  const anchor = (size: number, origin_ = accessOrigin(origin), of = accesses, by = key.privateKey): AnchorLine => ({
    ...{ kind: 'accesses', size, anchored_at: '2026-11-01T10:00:00.000Z' },
    note: signCheckpoint({ origin: origin_, size, root: Buffer.from(of[size - 1]?.hash ?? '', 'hex') }, by),
  });
  const anchors = [...anchored, anchor(4), anchor(8)];
  const found = async (change: Partial<Site>) => {
    const { status, accesses: report } = await verify({ accesses, anchors, ...change });
    return [status, ...report.findings.map(({ code, place }) => `${code} ${place}`)];
  };

  function chainOf(count: number, subject = 'anna'): readonly RecordedAccess[] {
    let hash = FIRST_ACCESS_HASH;
    return Array.from({ length: count }, (_, index) => {
      const access = { at: '2026-11-01T10:00:00.000Z', subject, name: null, view: 'events', transfer_id: null };
      hash = accessHash(hash, index + 1, { ...access, question: `type=T${index}` });
      return { ...access, question: `type=T${index}`, place: index + 1, hash };
    });
  }

  it('is read from its first line, compared with its anchors, and told with its tail', async () => {
    expect(await verify({ accesses, anchors })).toMatchObject({
      status: 'intact',
      accesses: { count: 10, anchors: 2, last_anchor: 8, unanchored_tail: 2, finding_count: 0 },
    });
  });

  it('shows what was changed, taken out, cut off, or written anew', async () => {
    const changed = accesses.map((one) => (one.place === 5 ? { ...one, subject: 'bob' } : one));
    expect(await found({ accesses: changed })).toEqual(['tampered', 'access_changed 5']);
    const without = accesses.filter(({ place }) => place !== 6);
    expect(await found({ accesses: without })).toEqual(['tampered', 'access_missing 6']);
    expect(await found({ accesses: accesses.slice(0, 7) })).toEqual(['tampered', 'accesses_below_anchor 8']);
    expect(await found({ accesses: [] })).toEqual(['tampered', 'accesses_below_anchor 1']);
    const anew = chainOf(10, 'nobody');
    expect(await found({ accesses: anew })).toEqual([
      'tampered',
      'access_differs_from_anchor 4',
      'access_differs_from_anchor 8',
    ]);
    // Behind the last anchor, no sink would show it.
    expect(await found({ accesses: accesses.slice(0, 9) })).toEqual(['intact']);
  });

  it('is vouched for by nothing but the key, under its own name', async () => {
    const forged = [anchor(4, undefined, accesses, stranger.privateKey), anchor(8, origin)];
    expect(await found({ anchors: [...anchored, ...forged] })).toEqual([
      'tampered',
      'access_anchor_forged 4',
      'access_anchor_forged 8',
    ]);
  });
});
