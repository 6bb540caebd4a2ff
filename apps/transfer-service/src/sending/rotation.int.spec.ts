import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(180_000);

const TRANSFERS = 24;
const ROTATIONS = 5;

// Real: PostgreSQL, NATS, files that are replaced by renames, a hub over mutual TLS.
describe('certificates, keys and secrets', () => {
  let site: TestSite;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    const app = await site.app({ LEASE_MS: '15000', HUB_ANSWER_TIMEOUT_MS: '30000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
  }, 60_000);

  afterAll(() => site.close());

  it('are replaced while transfers run, one file after the other, and no attempt fails', async () => {
    await site.control.addFaults({ step: 'media', times: 'forever', action: { type: 'delay', ms: 50, when: 'after' } });
    const resources = await Promise.all(Array.from({ length: TRANSFERS }, () => site.report('report', 256 * 1024)));
    for (const resource of resources) await site.mark(resource);
    for (let number = 0; number < ROTATIONS; number += 1) await prepare(number);
    await caller.order('queue', ...resources);
    for (let number = 0; number < ROTATIONS; number += 1) {
      const before = await unfinished(resources);
      expect(before).toBeGreaterThan(0);
      await rotate(number);
      await eventually(async () => (await unfinished(resources)) < before, { what: 'one more', withinMs: 30_000 });
    }
    for (const resource of resources) await caller.reached(resource, 'completed', 60_000);
    const lives = await Promise.all(resources.map((resource) => site.life(resource)));
    expect(new Set(lives.map((life) => life.join(' ')))).toEqual(
      new Set([
        'ResourceMarked TransferQueued RegistrationStarted RegistrationAccepted UploadStarted TransferCompleted LocalMediaRetained',
      ]),
    );
    const seen = new Set((await site.control.requests()).map(({ client_certificate }) => client_certificate));
    expect(seen.has(null)).toBe(false);
    expect(seen.size).toBeGreaterThan(2);
  });

  async function unfinished(resources: readonly Reported[]): Promise<number> {
    const lives = await Promise.all(resources.map((resource) => site.life(resource)));
    return lives.filter((life) => !life.includes('TransferCompleted')).length;
  }

  const next = (number: number, name: string) => join(site.folder, `next-${number}-${name}`);

  /** A new pair, and a file of the secret. */
  async function prepare(number: number): Promise<void> {
    const [keyFile, certFile] = [next(number, 'client.key'), next(number, 'client.crt')];
    await site.authority.issue({ commonName: 'site-a', client: true, keyFile, certFile });
    await writeFile(next(number, 'node-secret'), 'correct horse battery staple\n', { mode: 0o600 });
  }

  /** Each file is put in its place by itself, while the transfers run that look at them. */
  async function rotate(number: number): Promise<void> {
    for (const name of ['client.key', 'client.crt', 'node-secret']) {
      await rename(next(number, name), join(site.folder, name));
      await caller.get('/v1/nodes').expect(200);
    }
  }
});
