import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import type { TransferApp } from '../app.server.js';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { multipartFrame } from './multipart.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(120_000);

const SIZE = 24 * 1024 * 1024;
const RATE = 1024 * 1024;

interface Fact {
  readonly type: string;
  readonly bytes_sent?: number;
  readonly code?: string;
}

// Real: PostgreSQL, NATS, media on disk, a hub over mutual TLS that says what it received, two services.
describe('the egress switch', () => {
  let site: TestSite;
  let app: TransferApp;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    app = await site.app({ SENDER_CONCURRENCY: '1', LEASE_MS: '15000' });
    await site.app({ SENDER_CONCURRENCY: '1', LEASE_MS: '15000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
  }, 60_000);

  afterAll(() => site.close());
  afterEach(() => site.control.clearFaults());

  it('ends two uploads within two seconds and records the very bytes that the hub received, over a restart', async () => {
    const limits = { concurrency: 4, requests_per_second: 100, bandwidth_bytes_per_second: 2 * RATE, windows: [] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
    const uploads = await sending(2);
    await caller.post('/v1/egress/stop').expect(200);
    const stoppedAt = Date.now();
    for (const resource of uploads) {
      await broken(resource);
      const request = await mediaRequest(resource);
      expect(Date.parse(request.ended_at ?? '') - stoppedAt).toBeLessThan(2_000);
      expect(request.commit).toBeNull();
      const left = (await caller.get(`/v1/transfers/${resource.transferId}`)).body as { history: readonly Fact[] };
      const failed = left.history.findLast(({ type }) => type === 'TransferFailed');
      expect(failed).toMatchObject({ code: 'egress_stopped', bytes_sent: mediaOf(resource, request.body_bytes) });
      expect(failed?.bytes_sent).toBeGreaterThan(0);
    }

    // Nothing starts until it is resumed, in a process that was started meanwhile neither.
    await app.close();
    app = await site.app({ SENDER_CONCURRENCY: '2', LEASE_MS: '15000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    const before = (await site.control.requests()).length;
    for (let round = 0; round < 5; round += 1) await caller.post('/v1/recovery').expect(200);
    expect((await site.control.requests()).length).toBe(before);

    await caller.put('/v1/nodes/hub', site.hubNode()).expect(200);
    await caller.post('/v1/egress/resume').expect(200);
    for (const resource of uploads) await caller.reached(resource, 'completed', 60_000);
  });

  it('cuts an upload to a hub that reads slowly: what lies in buffers stays in the house', async () => {
    await site.control.addFaults({ step: 'media', action: { type: 'throttle', bytes_per_second: 256 * 1024 } });
    const [resource] = await sending(1);
    await caller.post('/v1/egress/stop').expect(200);
    const stoppedAt = Date.now();
    await broken(resource as Reported);
    expect(Date.now() - stoppedAt).toBeLessThan(5_000);
    const request = await mediaRequest(resource as Reported);
    const facts = await site.facts(resource as Reported);
    const failed = facts.findLast(({ type }) => type === 'TransferFailed');
    // Never less than what the hub has seen, and the hub never gets the rest.
    expect(Number(failed?.data['bytes_sent'])).toBeGreaterThanOrEqual(
      mediaOf(resource as Reported, request.body_bytes),
    );
    expect(request.body_bytes).toBeLessThan(SIZE);
    await caller.post('/v1/egress/resume').expect(200);
    await caller.reached(resource as Reported, 'completed', 60_000);
  });

  it('hands an upload over at once when its process is told to end', async () => {
    const limits = { concurrency: 4, requests_per_second: 100, bandwidth_bytes_per_second: RATE, windows: [] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
    const [resource] = await sending(1);
    await caller.put('/v1/nodes/hub', site.hubNode()).expect(200);
    const startedAt = Date.now();
    await Promise.all([app.close()]);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    app = await site.app({ LEASE_MS: '15000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await caller.reached(resource as Reported, 'completed', 60_000);
    expect(await site.control.media((resource as Reported).mediaSha256)).toMatchObject({ exists: true });
  });

  /** So many uploads of which the hub has bytes. */
  async function sending(count: number): Promise<readonly Reported[]> {
    const resources = await Promise.all(Array.from({ length: count }, () => site.report('video', SIZE)));
    for (const resource of resources) await site.mark(resource);
    await caller.order('queue', ...resources);
    for (const resource of resources) {
      await caller.reached(resource, 'uploading', 30_000);
      await eventually(
        async () => (await site.control.requests({ step: 'media', transfer_key: resource.transferKey }))[0],
        {
          what: 'the upload at the hub',
          withinMs: 15_000,
        },
      );
    }
    return resources;
  }

  /** That it was broken off is on record; the retry policy may have queued it again since. */
  function broken(resource: Reported) {
    return eventually(async () => (await site.life(resource)).includes('TransferFailed'), { what: 'the failure' });
  }

  /** How many of the bytes of a body were media: all after the head of the form. */
  function mediaOf({ mediaSha256 }: Reported, bodyBytes: number): number {
    const { head } = multipartFrame(`hub-export-${'0'.repeat(32)}`, mediaSha256, '.mp4');
    return Math.max(0, bodyBytes - Buffer.byteLength(head));
  }

  function mediaRequest(resource: Reported) {
    return eventually(
      async () => {
        const requests = await site.control.requests({ step: 'media', transfer_key: resource.transferKey });
        const last = requests.at(-1);
        return last !== undefined && last.ended_at !== null ? last : null;
      },
      { what: 'the end of the upload at the hub', withinMs: 15_000 },
    );
  }
});
