import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(60_000);

interface Given {
  readonly results: readonly { readonly transfer_id: string; readonly outcome: string }[];
  readonly remaining: number;
}

// Real: PostgreSQL, NATS. Egress is stopped, so that what is queued stays queued.
describe('orders by filter', () => {
  let site: TestSite;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    const app = await site.app();
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
    await caller.post('/v1/egress/stop').expect(200);
  }, 60_000);

  afterAll(() => site.close());

  it('are for those to which they apply, tell how many remain, and come to all when they are given again', async () => {
    const resources = await marked(230);
    const first = await order('queue', {});
    expect(first.results).toHaveLength(200);
    expect(first.remaining).toBe(30);
    const second = await order('queue', {});
    expect(second).toMatchObject({ remaining: 0 });
    expect(second.results).toHaveLength(30);
    const queued = [...first.results, ...second.results].filter(({ outcome }) => outcome === 'queued');
    expect(new Set(queued.map(({ transfer_id }) => transfer_id))).toEqual(
      new Set(resources.map(({ transferId }) => transferId)),
    );
    expect((await order('queue', {})).results).toEqual([]);
    // None of them failed, so there is nothing to retry, whatever else there is.
    expect(await order('retry', {})).toMatchObject({ results: [], remaining: 0 });
  });

  it('said again with the same key are for the same transfers, whatever has changed', async () => {
    const key = randomUUID();
    const held = await order('hold', { resource_kind: 'report' }, key);
    expect(held.results.map(({ outcome }) => outcome)).toEqual(Array(200).fill('held'));
    expect(await order('hold', { resource_kind: 'report' }, key)).toMatchObject({
      results: held.results,
      remaining: 30,
    });
    expect(await order('hold', {})).toMatchObject({ remaining: 0, results: { length: 30 } });
    const other = await caller.post('/v1/transfers/hold', { filter: { resource_kind: 'video' } }, key);
    expect(other.body).toMatchObject({ status: 409, code: 'idempotency_key_reused' });
  });

  it('find what used up its automatic attempts, and what failed in which way', async () => {
    expect((await caller.get('/v1/transfers?retries_exhausted=true')).body.items).toEqual([]);
    expect((await caller.get('/v1/transfers?retries_exhausted=perhaps')).status).toBe(400);
    expect((await caller.get('/v1/transfers?failure_class=authorization')).body.items).toEqual([]);
    expect(await order('retry', { retries_exhausted: true })).toMatchObject({ results: [] });
  });

  async function order(act: string, filter: object, key?: string): Promise<Given> {
    const answer = await caller.post(`/v1/transfers/${act}`, { filter }, key).expect(200);
    const given = answer.body as Given & { readonly position: number };
    // The next order is to see what this one did.
    await caller.get(`/v1/transfers?limit=1&at_least=${given.position}`).expect(200);
    return given;
  }

  async function marked(count: number): Promise<readonly Reported[]> {
    const resources = await Promise.all(Array.from({ length: count }, () => site.report('report', 64)));
    await Promise.all(resources.map((resource) => site.mark(resource)));
    const position = await site.events.position();
    await caller.get(`/v1/transfers?limit=1&at_least=${position}`).expect(200);
    return resources;
  }
});
