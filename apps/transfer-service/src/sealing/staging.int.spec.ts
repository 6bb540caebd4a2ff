import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpEdge } from '@hub-export/http-edge';
import type { Transfer } from '@hub-export/transfer-life';
import { MediaFault, type OpenMedia } from '../media/media-source.js';
import type { EnvelopeIdentity } from './envelope.js';
import { freshRandoms, Seal } from './seal.cipher.js';
import { Staging, unavailable } from './staging.file.js';
import { ABANDONED_AFTER_MS, StagingSweep, UNKNOWN_KEPT_MS } from './staging-sweep.worker.js';

const ID = '3f0c4b8e-7f5e-5b1a-9a44-0c6d1d1f0a01';
const OTHER = '3f0c4b8e-7f5e-5b1a-9a44-0c6d1d1f0a02';
const MEDIA = randomBytes(3 * 64 * 1024 + 5);
const { publicKey } = generateKeyPairSync('x25519');
const going = new AbortController().signal;

// Real: the disk.
describe('the staging directory', () => {
  let parent: string;
  let root: string;
  let staging: Staging;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'hub-export-staging-'));
    root = join(parent, 'staging');
    staging = new Staging(root);
  });

  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('keeps ciphertext and envelope together, for nobody else to read', async () => {
    const sealed = await seal(ID);
    expect(await staging.find(ID)).toEqual(sealed);
    expect(await bytesOf(await staging.openCiphertext(ID, sealed))).toBe(sealed.ciphertext_sha256);
    expect(await readdir(root)).toEqual([ID]);
    expect(await modes(root, join(root, ID))).toEqual([0o700, 0o700]);
    expect(await modes(join(root, ID, 'ciphertext'), join(root, ID, 'sealed.json'))).toEqual([0o600, 0o600]);
  });

  it.each([
    ['ENOSPC', 'staging_full'],
    ['EDQUOT', 'staging_full'],
    ['EACCES', 'staging_unavailable'],
    ['EIO', 'staging_unavailable'],
  ])('tells %s by a code of its own, and no path', (code, fault) => {
    const error = unavailable(Object.assign(new Error(`${code}: ${root}`), { code }));
    expect([error.code, error.message]).toEqual([fault, fault]);
  });

  it('holds no plaintext and no key that opens it', async () => {
    const randoms = freshRandoms();
    const key = randoms.dataKey.toString('base64url');
    await staging.seal(ID, mediaOf(MEDIA), new Seal(identity(), publicKey, randoms), going);
    const ciphertext = await readFile(join(root, ID, 'ciphertext'));
    const description = await readFile(join(root, ID, 'sealed.json'), 'utf8');
    expect(ciphertext.indexOf(MEDIA.subarray(0, 16))).toBe(-1);
    expect(description).not.toContain(key);
    expect(randoms.dataKey.every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['other bytes', { plaintext_sha256: 'f'.repeat(64) }],
    ['another size', { plaintext_size: MEDIA.length + 1 }],
  ])('keeps nothing of media with %s', async (_what, change) => {
    await expect(seal(ID, mediaOf(MEDIA), going, change)).rejects.toMatchObject({ code: 'media_changed' });
    expect(await readdir(root)).toEqual([]);
  });

  it('keeps nothing where sealing is broken off in the middle', async () => {
    const stop = new AbortController();
    const media = mediaOf(MEDIA, () => stop.abort('stopping'));
    await expect(seal(ID, media, stop.signal)).rejects.toBe('stopping');
    expect(await readdir(root)).toEqual([]);
    expect(await staging.find(ID)).toBeNull();
  });

  it('does not wait for the next piece of media once it is broken off', async () => {
    const stop = new AbortController();
    const media = neverEnding(() => stop.abort('egress_stopped'));
    await expect(seal(ID, media, stop.signal)).rejects.toBe('egress_stopped');
    expect(await readdir(root)).toEqual([]);
  });

  it('lets the first of two seals stand', async () => {
    const first = await seal(ID);
    expect(await seal(ID)).toEqual(first);
    expect(await readdir(root)).toEqual([ID]);
  });

  it('sweeps away what a killed worker began for the same transfer, and nothing of others', async () => {
    const [mine, others] = [`${ID}.${'0'.repeat(16)}.part`, `${OTHER}.${'0'.repeat(16)}.part`];
    for (const part of [mine, others]) await mkdir(join(root, part), { recursive: true, mode: 0o700 });
    await chmod(root, 0o700);
    await seal(ID);
    expect((await readdir(root)).sort()).toEqual([ID, others]);
  });

  it('has nothing to send where either half is gone or cut short', async () => {
    const sealed = await seal(ID);
    await truncate(join(root, ID, 'ciphertext'), 7);
    expect(await staging.openCiphertext(ID, sealed)).toBeNull();
    await rm(join(root, ID, 'ciphertext'));
    expect(await staging.openCiphertext(ID, sealed)).toBeNull();
    await writeFile(join(root, ID, 'sealed.json'), '{"envelope":');
    expect(await staging.find(ID)).toBeNull();
    await rm(join(root, ID, 'sealed.json'));
    expect(await staging.find(ID)).toBeNull();
  });

  it('keeps the envelope of damaged bytes, since the hub may have them from before', async () => {
    const sealed = await seal(ID);
    await staging.discardCiphertext(ID);
    expect(await staging.find(ID)).toEqual(sealed);
    expect(await staging.openCiphertext(ID, sealed)).toBeNull();
  });

  it('is not used where others have rights on it', async () => {
    await mkdir(root, { mode: 0o755 });
    await chmod(root, 0o750);
    await expect(seal(ID)).rejects.toMatchObject({ code: 'staging_not_private' });
    expect(await readdir(root)).toEqual([]);
  });

  it('says so where it cannot be written', async () => {
    await writeFile(root, 'a file is in the way');
    await expect(seal(ID)).rejects.toMatchObject({ code: 'staging_unavailable' });
  });

  it('notices a ciphertext that was touched between two looks', async () => {
    const sealed = await seal(ID);
    const opened = await staging.openCiphertext(ID, sealed);
    await appendFile(join(root, ID, 'ciphertext'), 'x');
    await expect(opened?.requireUnchanged()).rejects.toMatchObject({ code: 'media_changed' });
    await opened?.close();
  });

  describe('is swept', () => {
    const HOUR_MS = 3_600_000;

    it.each([
      ['completed', 0, 1],
      ['failed', 30 * 24 * HOUR_MS, 0],
      ['uploading', 30 * 24 * HOUR_MS, 0],
      ['not_marked', UNKNOWN_KEPT_MS - HOUR_MS, 0],
      ['not_marked', UNKNOWN_KEPT_MS + HOUR_MS, 1],
    ] as const)('of a transfer that is %s after %d ms: %d removed', async (status, ageMs, removed) => {
      await seal(ID);
      await age(join(root, ID, 'ciphertext'), ageMs);
      expect(await sweep(status).runOnce()).toEqual({ removed });
      expect(await readdir(root)).toEqual(removed === 1 ? [] : [ID]);
    });

    it('of half sealed media only when nobody can be at it any more', async () => {
      const part = join(root, `${ID}.${'0'.repeat(16)}.part`);
      await mkdir(part, { recursive: true });
      await writeFile(join(part, 'ciphertext'), 'x');
      await age(join(part, 'ciphertext'), ABANDONED_AFTER_MS - HOUR_MS / 2);
      expect(await sweep('uploading').runOnce()).toEqual({ removed: 0 });
      await age(join(part, 'ciphertext'), ABANDONED_AFTER_MS + HOUR_MS / 2);
      expect(await sweep('uploading').runOnce()).toEqual({ removed: 1 });
    });

    it('of nothing that somebody else put there, and not at all where it does not exist', async () => {
      expect(await sweep('completed').runOnce()).toEqual({ removed: 0 });
      await mkdir(join(root, 'lost+found'), { recursive: true });
      await writeFile(join(root, 'notes.txt'), 'x');
      expect(await sweep('completed').runOnce()).toEqual({ removed: 0 });
      expect(await readdir(root)).toHaveLength(2);
    });

    function sweep(status: Transfer['status']): StagingSweep {
      return new StagingSweep({
        staging,
        situations: { transfer: async () => ({ status }) as Transfer },
        clock: { now: () => new Date() },
        log: {} as HttpEdge['log'],
      });
    }

    async function age(path: string, ageMs: number): Promise<void> {
      const then = new Date(Date.now() - ageMs);
      await utimes(path, then, then);
    }
  });

  function seal(id: string, media = mediaOf(MEDIA), signal = going, change: Partial<EnvelopeIdentity> = {}) {
    return staging.seal(id, media, new Seal({ ...identity(), ...change }, publicKey), signal);
  }
});

function identity(): EnvelopeIdentity {
  const digest = createHash('sha256').update(MEDIA).digest('hex');
  return {
    contract_version: 'hub_media_envelope_v1',
    profile: 'x25519-hkdf-sha256-aes256gcm-v1',
    transfer_key: `site-a__report__${digest}__processed_v1`,
    source_node_key: 'site-a',
    source_center_key: 'center-a',
    target_node_key: 'hub',
    resource_kind: 'report',
    resource_hash: digest,
    processed_media_hash: digest,
    transfer_mode: 'metadata_and_processed_media',
    media_role: 'processed',
    plaintext_sha256: digest,
    plaintext_size: MEDIA.length,
  };
}

function mediaOf(bytes: Buffer, afterFirst: () => void = () => undefined): OpenMedia {
  const PIECE = 64 * 1024;
  return {
    async *chunks() {
      for (let at = 0; at < bytes.length; at += PIECE) {
        yield bytes.subarray(at, at + PIECE);
        afterFirst();
      }
    },
    requireUnchanged: async () => undefined,
    close: async () => undefined,
  };
}

/** Its second piece never comes; only closing it ends the wait. */
function neverEnding(whenItWaits: () => void): OpenMedia {
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  return {
    async *chunks() {
      yield MEDIA.subarray(0, 10);
      setImmediate(whenItWaits);
      await closed;
      throw new MediaFault('media_source_unavailable');
    },
    requireUnchanged: async () => undefined,
    close: async () => close(),
  };
}

async function bytesOf(media: OpenMedia | null): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of media?.chunks() ?? []) hash.update(piece);
  await media?.close();
  return hash.digest('hex');
}

async function modes(...paths: readonly string[]): Promise<readonly number[]> {
  return Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o777));
}
