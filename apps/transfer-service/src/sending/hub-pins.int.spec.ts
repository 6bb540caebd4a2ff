import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';
import { spkiSha256 } from './hub-pin.js';

jest.setTimeout(90_000);

const BACKUP = '0'.repeat(64);

// Real: PostgreSQL, NATS, a hub over mutual TLS that keeps count of what it was asked.
describe('the pinned keys of a hub', () => {
  let site: TestSite;
  let caller: Caller;
  let pin: string;

  beforeAll(async () => {
    site = await TestSite.start();
    const { app } = await site.app({ LEASE_MS: '15000' });
    caller = new Caller(app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
    const { publicKey } = new X509Certificate(await readFile(join(site.folder, 'hub.crt')));
    pin = spkiSha256(publicKey.export({ type: 'spki', format: 'der' }));
  }, 60_000);

  afterAll(() => site.close());

  it('let a transfer through to a hub that has one of them', async () => {
    await pinned(BACKUP, pin);
    await caller.reached(await queued(), 'completed');
  });

  it('keep every byte from another one, open its circuit, and let go on what waited once they are mended', async () => {
    await pinned(BACKUP, 'f'.repeat(64));
    const before = (await site.control.requests()).length;
    const met = await queued();
    expect(await caller.reached(met, 'failed')).toMatchObject({
      failure_class: 'configuration',
      failure_code: 'hub_certificate_not_pinned',
    });
    const probe = (await caller.post('/v1/nodes/hub/probe').expect(200)).body as { readonly steps: readonly object[] };
    expect(probe.steps).toContainEqual(
      expect.objectContaining({ step: 'tls', outcome: 'failed', code: 'hub_certificate_not_pinned' }),
    );
    const waits = await queued();
    expect((await site.control.requests()).length).toBe(before);
    const { items } = (await caller.get('/v1/nodes')).body as {
      readonly items: readonly { readonly node_key: string; readonly circuit: object | null }[];
    };
    expect(items.find(({ node_key }) => node_key === 'hub')?.circuit).toMatchObject({
      status: 'open',
      code: 'hub_certificate_not_pinned',
    });
    await pinned(pin, BACKUP);
    await caller.reached(waits, 'completed', 30_000);
    await caller.order('retry', met);
    await caller.reached(met, 'completed');
  });

  it('are two at least, since one alone leaves no way to change it', async () => {
    const { tls, ...hub } = site.hubNode();
    for (const spki_sha256_pins of [[pin], [pin, pin], [pin, 'no hash']]) {
      await caller.put('/v1/nodes/hub', { ...hub, tls: { ...(tls as object), spki_sha256_pins } }).expect(400);
    }
  });

  async function pinned(...spki_sha256_pins: readonly string[]): Promise<void> {
    const { tls, ...hub } = site.hubNode();
    await caller.put('/v1/nodes/hub', { ...hub, tls: { ...(tls as object), spki_sha256_pins } }).expect(200);
  }

  async function queued(): Promise<Reported> {
    const resource = await site.report('report', 64);
    await site.mark(resource);
    await eventually(async () => (await caller.order('queue', resource))[0]?.outcome === 'queued', { what: 'queued' });
    return resource;
  }
});
