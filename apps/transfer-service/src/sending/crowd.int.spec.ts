import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(180_000);

/** As many as one process may have under way, less a few. */
const CROWD = 60;

// Real: PostgreSQL, NATS, a hub over mutual TLS, and two services beside each other.
describe('a service beside another one that has as much under way as it may', () => {
  let site: TestSite;

  beforeAll(async () => {
    site = await TestSite.start();
  }, 60_000);

  afterAll(() => site.close());

  it('finds what waits behind it, also where all that is under way is more urgent', async () => {
    const unhurried = { LEASE_MS: '60000', HUB_ANSWER_TIMEOUT_MS: '120000' };
    const crowded = await site.app({ ...unhurried, SENDER_CONCURRENCY: String(CROWD) });
    const caller = new Caller(crowded.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
    const limits = { concurrency: 64, requests_per_second: 1000, bandwidth_bytes_per_second: null, windows: [] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
    const urgent = await marked(CROWD);
    await site.control.addFaults({ step: 'create', times: CROWD, action: { type: 'hang', when: 'before' } });
    const transfer_ids = urgent.map(({ transferId }) => transferId);
    await caller.post('/v1/transfers/queue', { transfer_ids, priority: 9 }).expect(200);
    await eventually(async () => (await site.control.requests({ step: 'create' })).length === CROWD, {
      what: 'the crowd',
      withinMs: 60_000,
    });
    await site.app({ ...unhurried, SENDER_CONCURRENCY: '4' });
    const [usual] = await marked(1);
    await caller.order('queue', usual as Reported);
    await caller.reached(usual as Reported, 'completed', 30_000);
  });

  async function marked(count: number): Promise<readonly Reported[]> {
    const resources = await Promise.all(Array.from({ length: count }, () => site.report('report', 64)));
    await Promise.all(resources.map((resource) => site.mark(resource)));
    return resources;
  }
});
