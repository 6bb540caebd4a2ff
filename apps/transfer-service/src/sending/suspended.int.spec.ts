import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { TestSite } from '../testing/site.testing.js';

jest.setTimeout(120_000);

const RATE = 256 * 1024;

// Real: PostgreSQL, NATS, media on disk, a hub over mutual TLS. The machine's sleep is a clock that jumps.
describe('a machine that sleeps in the middle of an upload', () => {
  let site: TestSite;

  beforeAll(async () => {
    site = await TestSite.start();
  }, 60_000);

  afterAll(() => site.close());

  it('sends nothing more under the lease that ended meanwhile, and goes on under a new one', async () => {
    let sleptMs = 0;
    const clock = { now: () => new Date(Date.now() + sleptMs), chance: () => 0 };
    const { app } = await site.app({ LEASE_MS: '60000' }, { clock });
    const caller = new Caller(app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
    const limits = { concurrency: 4, requests_per_second: 100, bandwidth_bytes_per_second: RATE, windows: [] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
    const resource = await site.report('video', 16 * RATE);
    await site.mark(resource);
    await caller.order('queue', resource);
    const upload = { step: 'media', transfer_key: resource.transferKey } as const;
    await eventually(async () => (await site.control.requests(upload)).length > 0, { what: 'the upload' });
    sleptMs = 3_600_000;
    const first = await eventually(
      async () => (await site.control.requests(upload)).find(({ ended_at }) => ended_at !== null),
      { what: 'its end', withinMs: 5_000 },
    );
    expect(first).toMatchObject({ commit: null });
    expect(first?.body_bytes).toBeLessThan(resource.mediaSize);
    await caller.put('/v1/nodes/hub', site.hubNode()).expect(200);
    await caller.reached(resource, 'completed', 60_000);
    // The lost lease itself left no word; whoever took the transfer over asked what had become of it.
    const lost = (await site.facts(resource)).find(({ type }) => type === 'OutcomeUnknown');
    expect(lost?.data).toMatchObject({ code: 'worker_lost' });
  });
});
