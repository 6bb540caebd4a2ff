import { jest } from '@jest/globals';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(120_000);

// Real: PostgreSQL, NATS, a hub over mutual TLS that takes one transfer at a time.
describe('the priority of a transfer', () => {
  let site: TestSite;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    const app = await site.app({ LEASE_MS: '15000', HUB_ANSWER_TIMEOUT_MS: '15000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
    const limits = { concurrency: 1, requests_per_second: 1000, bandwidth_bytes_per_second: null, windows: [] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
  }, 60_000);

  beforeEach(() => caller.post('/v1/egress/stop').expect(200));
  afterAll(() => site.close());

  it('lets a later urgent transfer go before earlier usual ones, and keeps the order within a priority', async () => {
    const [usual1, usual2, raised, urgent1, urgent2] = await marked(5);
    for (const usual of [usual1, usual2]) expect(await queue(usual)).toEqual({ outcome: 'queued' });
    expect(await queue(raised, 3)).toEqual({ outcome: 'queued' });
    for (const urgent of [urgent1, urgent2]) expect(await queue(urgent, 9)).toEqual({ outcome: 'queued' });
    await caller.get(`/v1/transfers?limit=1&at_least=${await site.events.position()}`).expect(200);
    await caller.post('/v1/egress/resume').expect(200);
    const expected = [urgent1, urgent2, raised, usual1, usual2].map(({ transferKey }) => transferKey);
    for (const resource of [usual1, usual2, raised, urgent1, urgent2]) {
      await caller.reached(resource, 'completed', 60_000);
    }
    const asked = await site.control.requests({ step: 'create' });
    expect(asked.map(({ transfer_key }) => transfer_key)).toEqual(expected);
  });

  it('is told by list, detail and history, and stays what was said last', async () => {
    const [urgent, usual] = await marked(2);
    await queue(urgent, 9);
    await queue(usual);
    await caller.get(`/v1/transfers?limit=1&at_least=${await site.events.position()}`).expect(200);
    const listed = (
      await caller.get(`/v1/transfers?resource_hash=${urgent.hash}&at_least=${await site.events.position()}`)
    ).body as { items: object[] };
    expect(listed.items).toEqual([expect.objectContaining({ priority: 9 })]);
    const detail = (await caller.get(`/v1/transfers/${urgent.transferId}`)).body as { history: { type: string }[] };
    expect(detail).toMatchObject({ priority: 9 });
    expect(detail.history.find(({ type }) => type === 'TransferQueued')).toMatchObject({ priority: 9 });
    expect((await caller.get(`/v1/transfers/${usual.transferId}`)).body).toMatchObject({ priority: 0 });
    expect(await queue(urgent, 9)).toEqual({ outcome: 'unchanged' });
    expect(await queue(usual, 9)).toMatchObject({ outcome: 'refused', code: 'already_queued' });
  });

  it('is a whole number from 0 to 9, of orders that queue', async () => {
    const [resource] = await marked(1);
    const transfer_ids = [resource.transferId];
    for (const priority of [-1, 10, 1.5, '9', 'high']) {
      await caller.post('/v1/transfers/queue', { transfer_ids, priority }).expect(400);
    }
    await caller.post('/v1/transfers/hold', { transfer_ids, priority: 9 }).expect(400);
    expect(await site.life(resource)).toEqual(['ResourceMarked']);
  });

  async function marked(count: 1): Promise<[Reported]>;
  async function marked(count: 2): Promise<[Reported, Reported]>;
  async function marked(count: 5): Promise<[Reported, Reported, Reported, Reported, Reported]>;
  async function marked(count: number): Promise<Reported[]> {
    const resources = await Promise.all(Array.from({ length: count }, () => site.report('report', 64)));
    for (const resource of resources) await site.mark(resource);
    return resources;
  }

  async function queue({ transferId }: Reported, priority?: number) {
    const body = { transfer_ids: [transferId], ...(priority === undefined ? {} : { priority }) };
    const answer = await caller.post('/v1/transfers/queue', body).expect(200);
    const { results } = answer.body as { results: readonly { transfer_id: string; outcome: string }[] };
    const { transfer_id: _id, ...result } = results[0] as { transfer_id: string; outcome: string };
    return result;
  }
});
