import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CentralHubDocument, SiteNodeDocument } from '@hub-export/contracts';
import { ensureAuthority, type LocalAuthority } from '@hub-export/local-servers';
import { eventually } from '@hub-export/testing';
import { NodeMaterials } from './node-material.service.js';
import { MaterialUnreadable, readWatched } from './watched-files.file.js';

const DAY_MS = 86_400_000;

// Real: files, keys and certificates of an authority made here.
describe('the authentication material', () => {
  let folder: string;
  let authority: LocalAuthority;
  let now: Date;
  let materials: NodeMaterials;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-material-'));
    authority = await ensureAuthority(join(folder, 'ca'));
    await issue('client');
    now = new Date();
    materials = new NodeMaterials(
      { now: () => now, chance: () => 0 },
      { HUB_EXPORT_SECRET_A: ' of the environment ', OTHER: 'Canary' },
      scope(),
      { allowed: [], loopback: true },
    );
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  describe('of a hub', () => {
    it('that was recorded at a place which is not allowed any more has a fault, beside all its others', async () => {
      const { faults } = await materials.inspect('hub', hub(false, 'https://10.0.0.7:5432/'));
      expect(faults).toEqual(['base_url_not_allowed']);
    });

    it('is in order, and says until when', async () => {
      const { faults, certificateEndsAt } = await look();
      expect(faults).toEqual([]);
      expect(Date.parse(certificateEndsAt ?? '')).toBeGreaterThan(now.getTime() + 300 * DAY_MS);
    });

    it.each([
      ['client_certificate_unreadable', 'client.crt'],
      ['client_key_unreadable', 'client.key'],
      ['ca_unreadable', 'ca.crt'],
      ['recipient_key_unreadable', 'recipient.pem'],
    ] as const)('%s: the file is not there, is no such thing, or is none at all', async (fault, name) => {
      const path = await whole(name);
      await rm(path);
      expect(await faults(name)).toEqual([fault]);
      await writeFile(path, 'no PEM', { mode: 0o600 });
      expect(await faults(name)).toEqual([fault]);
      await writeFile(path, Buffer.alloc(300 * 1024), { mode: 0o600 });
      expect(await faults(name)).toEqual([fault]);
      await rm(path);
      await mkdir(path);
      expect(await faults(name)).toEqual([fault]);
      await rm(path, { recursive: true });
      execFileSync('mkfifo', [path]);
      expect(await faults(name)).toEqual([fault]);
    });

    it('has a key that others can read: that is no secret', async () => {
      await chmod(join(folder, 'client.key'), 0o640);
      expect(await faults()).toEqual(['client_key_unreadable']);
    });

    it('has a certificate of another key', async () => {
      await issue('other');
      await rename(join(folder, 'other.key'), join(folder, 'client.key'));
      expect(await faults()).toEqual(['certificate_key_mismatch']);
    });

    it('has a certificate that is over, or has not begun', async () => {
      await issue('client', { notBefore: new Date(Date.now() - 2 * DAY_MS), validDays: 1 });
      expect(await faults()).toEqual(['certificate_expired']);
      await issue('client', { notBefore: new Date(Date.now() + DAY_MS) });
      expect(await faults()).toEqual(['certificate_not_yet_valid']);
    });

    it('runs out while nothing is changed, and it is seen', async () => {
      expect((await look()).faults).toEqual([]);
      now = new Date(now.getTime() + 400 * DAY_MS);
      expect((await look()).faults).toEqual(['certificate_expired']);
    });

    it('is wrong in several ways at once, and every one is told', async () => {
      await issue('client', { notBefore: new Date(Date.now() - 2 * DAY_MS), validDays: 1 });
      await issue('other');
      await rename(join(folder, 'other.key'), join(folder, 'client.key'));
      expect(await faults()).toEqual(['certificate_key_mismatch', 'certificate_expired']);
    });

    it('takes no public key for a recipient but one of X25519', async () => {
      const { publicKey } = generateKeyPairSync('ed25519');
      await writeFile(join(folder, 'recipient.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
      expect(await faults('recipient.pem')).toEqual(['recipient_key_unreadable']);
    });

    it('is looked at again as soon as a file changed, at the same moment of the clock', async () => {
      expect((await look()).faults).toEqual([]);
      await writeFile(join(folder, 'client.crt'), 'no PEM');
      expect((await look()).faults).toEqual(['client_certificate_unreadable']);
      await issue('client');
      expect((await look()).faults).toEqual([]);
    });

    it('was exchanged by files of the same size and time: a rename is seen too', async () => {
      await look();
      const same = new Date(0);
      await writeFile(join(folder, 'next.crt'), Buffer.alloc(await size('client.crt'), 'x'));
      await utimes(join(folder, 'next.crt'), same, same);
      await rename(join(folder, 'next.crt'), join(folder, 'client.crt'));
      expect((await look()).faults).toEqual(['client_certificate_unreadable']);
    });
  });

  describe('of a site node', () => {
    it('is a secret of a file or of the environment, without the blanks around it', async () => {
      await writeFile(join(folder, 'secret'), '  horse battery\n');
      expect(await materials.secretOf(site(`file:${join(folder, 'secret')}`))).toBe('horse battery');
      expect(await materials.secretOf(site('env:HUB_EXPORT_SECRET_A'))).toBe('of the environment');
      expect(await materials.inspect('site-a', site('env:HUB_EXPORT_SECRET_A'))).toEqual({
        faults: [],
        certificateEndsAt: null,
      });
    });

    it.each(['', '   \n', 'two\nlines', 'a\r\nx-other: b', 'schlüssel', 'tab\tin it', 'x'.repeat(1025)])(
      'is missing where no header could bear it: %j',
      async (content) => {
        await writeFile(join(folder, 'secret'), content);
        const node = site(`file:${join(folder, 'secret')}`);
        expect((await materials.inspect('site-a', node)).faults).toEqual(['secret_missing']);
        await expect(materials.secretOf(node)).rejects.toThrow(MaterialUnreadable);
      },
    );

    it('is missing where its file or variable is', async () => {
      for (const reference of [`file:${join(folder, 'no')}`, `file:${folder}`, 'env:HUB_EXPORT_SECRET_B']) {
        expect((await materials.inspect('site-a', site(reference))).faults).toEqual(['secret_missing']);
      }
    });

    it('is missing where it may not be named, though it is there: a link out of the root too', async () => {
      const outside = await mkdtemp(join(tmpdir(), 'hub-export-elsewhere-'));
      await writeFile(join(outside, 'secret'), 'Canary');
      await symlink(join(outside, 'secret'), join(folder, 'link'));
      const references = ['env:OTHER', `file:${join(outside, 'secret')}`, `file:${join(folder, 'link')}`];
      for (const reference of references) {
        expect((await materials.inspect('site-a', site(reference))).faults).toEqual(['secret_missing']);
        await expect(materials.secretOf(site(reference))).rejects.toThrow(MaterialUnreadable);
      }
      await rm(outside, { recursive: true });
    });

    it('may be a link within the root, as mounted secrets are', async () => {
      await writeFile(join(folder, 'secret'), 'one');
      await symlink('secret', join(folder, 'link'));
      expect(await materials.secretOf(site(`file:${join(folder, 'link')}`))).toBe('one');
    });

    it('is read anew each time', async () => {
      const node = site(`file:${join(folder, 'secret')}`);
      await writeFile(join(folder, 'secret'), 'one');
      expect(await materials.secretOf(node)).toBe('one');
      await writeFile(join(folder, 'secret'), 'two');
      expect(await materials.secretOf(node)).toBe('two');
    });

    it('is seen to change, in its file or by its link, though it was left alone for a while', async () => {
      await writeFile(join(folder, 'secret'), 'one');
      await writeFile(join(folder, 'next'), 'new');
      await symlink('secret', join(folder, 'link'));
      const node = site(`file:${join(folder, 'link')}`);
      await eventually(async () => (await readWatched([join(folder, 'secret')]))[0]?.isSettled, {
        what: 'a file that was left alone',
        withinMs: 10_000,
      });
      expect(await materials.secretOf(node)).toBe('one');
      await writeFile(join(folder, 'secret'), 'two');
      expect(await materials.secretOf(node)).toBe('two');
      await symlink('next', join(folder, 'turned'));
      await rename(join(folder, 'turned'), join(folder, 'link'));
      expect(await materials.secretOf(node)).toBe('new');
    });

    it('never tells which file it was', async () => {
      const node = site(`file:${join(folder, 'Canary')}`);
      const error = await materials.secretOf(node).catch((thrown: Error) => thrown);
      expect((error as Error).message).not.toContain('Canary');
    });
  });

  function scope() {
    return { root: folder, envPrefix: 'HUB_EXPORT_SECRET_' };
  }

  async function issue(name: string, dates: { notBefore?: Date; validDays?: number } = {}): Promise<void> {
    const files = { keyFile: join(folder, `${name}.key`), certFile: join(folder, `${name}.crt`) };
    await authority.issue({ commonName: 'site-a', client: true, ...files, ...dates });
  }

  /** The file of this name, with everything else in order. */
  async function whole(name: string): Promise<string> {
    const { publicKey } = generateKeyPairSync('x25519');
    await writeFile(join(folder, 'recipient.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    expect(await faults('recipient.pem')).toEqual([]);
    return name === 'ca.crt' ? authority.caFile : join(folder, name);
  }

  async function faults(name?: string) {
    return (await look(name === 'recipient.pem')).faults;
  }

  function look(withRecipient = false) {
    return materials.inspect('hub', hub(withRecipient));
  }

  function hub(withRecipient: boolean, base_url = 'https://hub.example/'): CentralHubDocument {
    return {
      role: 'central_hub',
      base_url,
      tls: {
        client_cert_file: join(folder, 'client.crt'),
        client_key_file: join(folder, 'client.key'),
        ca_file: authority.caFile,
      },
      recipient_public_key_file: withRecipient ? join(folder, 'recipient.pem') : null,
    } as CentralHubDocument;
  }

  function site(secret_ref: string): SiteNodeDocument {
    return { role: 'site_node', secret_ref } as SiteNodeDocument;
  }

  async function size(name: string): Promise<number> {
    return (await stat(join(folder, name))).size;
  }
});
