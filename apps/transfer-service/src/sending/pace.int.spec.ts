import { jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';
import { HubPace } from './pace.service.js';

jest.setTimeout(90_000);

const RATE = 4;
const BANDWIDTH = 512 * 1024;
/** Requests arrive with what the way adds, more on a busy machine: the journal is held to the rate give or take two. */
const SPARE = 2;

// Real: PostgreSQL, NATS, a hub over mutual TLS whose journal is the witness, and two services beside each other.
describe('the limits of a hub', () => {
  let site: TestSite;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    const app = await site.app({ LEASE_MS: '15000' });
    await site.app({ LEASE_MS: '15000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
  }, 60_000);

  afterAll(() => site.close());

  it('hold over two services: no second sees more requests than the rate, nor more transfers than the slots', async () => {
    const limits = { concurrency: 3, requests_per_second: RATE, bandwidth_bytes_per_second: null, windows: [] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
    const resources = await queued(12, 256);
    for (const resource of resources) await caller.reached(resource, 'completed', 40_000);
    const requests = await site.control.requests();
    expect(requests.filter(({ step }) => step === 'media')).toHaveLength(12);
    const begun = requests.map(({ begun_at }) => Date.parse(begun_at));
    for (const from of begun) {
      const within = begun.filter((at) => at >= from && at < from + 1_000).length;
      expect(within).toBeLessThanOrEqual(RATE + SPARE);
    }
    const lives = new Map<string, [number, number]>();
    for (const { x_request_id, begun_at, ended_at } of requests) {
      const [first, last] = lives.get(x_request_id ?? '') ?? [Date.parse(begun_at), 0];
      lives.set(x_request_id ?? '', [first, Math.max(last, Date.parse(ended_at ?? ''))]);
    }
    for (const [at] of lives.values()) {
      expect([...lives.values()].filter(([first, last]) => first <= at && at < last).length).toBeLessThanOrEqual(3);
    }
  });

  it('keep the sum of all uploads under the bandwidth', async () => {
    const limits = { concurrency: 4, requests_per_second: 100, bandwidth_bytes_per_second: BANDWIDTH, windows: [] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
    const startedAt = Date.now();
    const resources = await queued(3, 1024 * 1024);
    for (const resource of resources) await caller.reached(resource, 'completed', 40_000);
    const seconds = (Date.now() - startedAt) / 1000;
    // Three MiB at half a MiB a second take six seconds, less what each upload is granted at first.
    expect(seconds).toBeGreaterThan((3 * 1024 * 1024) / BANDWIDTH - 1);
  });

  it('keep no place for whoever would not wait for it, so that the line does not grow without end', async () => {
    const source = await new DataSource({ type: 'postgres', url: site.transferUrl }).initialize();
    const pace = new HubPace(source);
    const line = () =>
      source.query<readonly { free_at: Date }[]>(`SELECT free_at FROM transfer.paces WHERE node_key = 'slow-hub'`);
    const { signal } = new AbortController();
    expect(await pace.request('slow-hub', 0.01, signal, 1_000)).toBe(true);
    const before = await line();
    expect(await pace.request('slow-hub', 0.01, signal, 1_000)).toBe(false);
    expect(await line()).toEqual(before);
    await source.destroy();
  });

  it('hold up nobody for a day because the database’s clock was set back by one', async () => {
    const source = await new DataSource({ type: 'postgres', url: site.transferUrl }).initialize();
    await source.query(
      `INSERT INTO transfer.paces VALUES ('turned-back', 'requests', clock_timestamp() + interval '1 day')`,
    );
    const pace = new HubPace(source);
    expect(await pace.request('turned-back', 1_000, AbortSignal.timeout(10_000))).toBe(true);
    await source.destroy();
  });

  async function queued(count: number, size: number): Promise<readonly Reported[]> {
    const resources = await Promise.all(Array.from({ length: count }, () => site.report('report', size)));
    await Promise.all(resources.map((resource) => site.mark(resource)));
    await caller.order('queue', ...resources);
    return resources;
  }
});
