import { jest } from '@jest/globals';
import { EGRESS_STREAM, type JsonObject, systemActor } from '@hub-export/contracts';
import { handle, openPool, PostgresEventStore } from '@hub-export/event-store';
import type { FaultRule } from '@hub-export/hub-simulator';
import { eventually } from '@hub-export/testing';
import { egressDecider } from '@hub-export/transfer-life';
import { randomUUID } from 'node:crypto';
import type { TransferApp } from '../app.server.js';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(120_000);

// Real: PostgreSQL, NATS, media on disk, a hub over mutual TLS that keeps count of what it was asked.
describe('a transfer that a worker left behind when the hub’s window closed', () => {
  let site: TestSite;
  let app: TransferApp;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    await start();
    await recordNodes(site, caller);
  }, 60_000);

  afterEach(() => site.control.clearFaults());
  afterAll(() => site.close());

  it('is asked about, and completed where the hub has it all', async () => {
    const resource = await leftBehind('media', { type: 'hang', when: 'after' });
    await caller.reached(resource, 'completed');
    expect(await stepsSince(resource, 'media')).toEqual(['status']);
  });

  it('is asked about once where the hub has nothing, and registered when the window opens', async () => {
    const resource = await leftBehind('create', { type: 'hang', when: 'before' });
    await eventually(async () => (await site.life(resource)).includes('HubAsked'), { what: 'the question' });
    for (let round = 0; round < 5; round += 1) await caller.post('/v1/recovery').expect(200);
    expect(await stepsSince(resource, 'create')).toEqual(['status']);
    await caller.reached(resource, 'registering');
    await opened();
    await caller.reached(resource, 'completed', 30_000);
  });

  it('is sent nothing where the hub waits for its media, until the window opens', async () => {
    const resource = await leftBehind('media', { type: 'hang', when: 'before' });
    await caller.reached(resource, 'queued');
    for (let round = 0; round < 5; round += 1) await caller.post('/v1/recovery').expect(200);
    expect(await stepsSince(resource, 'media')).toEqual(['status']);
    await opened();
    await caller.reached(resource, 'completed', 30_000);
  });

  it('is not even asked about while egress is stopped', async () => {
    const resource = await leftBehind('media', { type: 'hang', when: 'after' }, egressStopped);
    for (let round = 0; round < 5; round += 1) await caller.post('/v1/recovery').expect(200);
    expect(await stepsSince(resource, 'media')).toEqual([]);
    await caller.post('/v1/egress/resume').expect(200);
    await caller.reached(resource, 'completed', 30_000);
  });

  /** A transfer whose call got no answer before its process ended; the next process finds the window closed. */
  async function leftBehind(
    step: 'create' | 'media',
    action: FaultRule['action'],
    meanwhile: () => Promise<void> = async () => undefined,
  ): Promise<Reported> {
    await opened();
    const resource = await site.report('report', 64);
    const { transferKey: transfer_key } = resource;
    await site.control.addFaults({ step, transfer_key, action });
    await site.mark(resource);
    await caller.order('queue', resource);
    const calls = () => site.control.requests({ step, transfer_key });
    await eventually(async () => (await calls()).length > 0, { what: 'the call' });
    await windows({ days: [(new Date().getUTCDay() + 3) % 7 || 7], from: '00:00', to: '00:01' });
    await app.close();
    await meanwhile();
    await start();
    return resource;
  }

  /** Recorded as the service does it, while none runs: one that has just started would ask before it could be told. */
  async function egressStopped(): Promise<void> {
    const pool = openPool({ url: site.transferUrl, applicationName: 'closed-window test' });
    const command = { type: 'StopEgress', at: new Date().toISOString(), by: systemActor('test') } as const;
    const order = { key: randomUUID(), correlationId: randomUUID(), causationId: null };
    await handle(new PostgresEventStore(pool), egressDecider, EGRESS_STREAM, command, order);
    await pool.end();
  }

  async function stepsSince({ transferKey }: Reported, call: 'create' | 'media'): Promise<readonly string[]> {
    const requests = (await site.control.requests()).filter(({ transfer_key }) => transfer_key === transferKey);
    return requests.slice(requests.findIndex(({ step }) => step === call) + 1).map(({ step }) => step);
  }

  function opened() {
    return windows();
  }

  async function windows(...of: readonly JsonObject[]): Promise<void> {
    const limits = { concurrency: 4, requests_per_second: 100, bandwidth_bytes_per_second: null, windows: [...of] };
    await caller.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
  }

  async function start(): Promise<void> {
    app = await site.app({ LEASE_MS: '15000', HUB_ANSWER_TIMEOUT_MS: '60000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
  }
});
