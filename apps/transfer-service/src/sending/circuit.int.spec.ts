import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransferApp } from '../app.server.js';
import { TRIAL_FIRST_MS } from './circuit-probe.worker.js';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(180_000);

interface NodesAnswer {
  readonly items: readonly { readonly node_key: string; readonly circuit: { readonly status: string; code: string } }[];
}

// Real: PostgreSQL, NATS, a hub over mutual TLS, and two services beside each other.
describe('the circuit of a hub', () => {
  let site: TestSite;
  let app: TransferApp;
  let caller: Caller;
  const lines: string[] = [];
  const logs = { logDestination: { write: (line: string) => void lines.push(line) } };

  beforeEach(async () => {
    lines.length = 0;
    site = await TestSite.start();
    app = await site.app({ LOG_LEVEL: 'info' }, logs);
    await site.app({ LOG_LEVEL: 'info' }, logs);
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
  });

  afterEach(() => site.close());

  it('opens at the first refused credential; what waits costs nothing and goes on by itself', async () => {
    const known = await marked(1);
    await caller.order('queue', ...known);
    await caller.reached(known[0] as Reported, 'completed');
    await writeFile(join(site.folder, 'node-secret'), 'wrong', { mode: 0o600 });

    const [first, ...waiting] = await marked(30);
    await caller.order('queue', first as Reported);
    await caller.reached(first as Reported, 'failed');
    await circuitIs('open');
    await caller.order('queue', ...waiting);
    const before = (await site.control.requests({ step: 'create' })).length;
    await asked(2);
    expect((await site.control.requests({ step: 'create' })).length).toBe(before);
    for (const resource of waiting) expect(await site.life(resource)).toEqual(['ResourceMarked', 'TransferQueued']);
    expect(await gate(waiting[0] as Reported)).toMatchObject({ passed: false, code: 'hub_denies_access' });

    await writeFile(join(site.folder, 'node-secret'), 'correct horse battery staple', { mode: 0o600 });
    for (const resource of waiting) await caller.reached(resource, 'completed', 30_000);
    await circuitIs('closed');
    // The one that met the refusal waits for an operator, as every refused credential does.
    await caller.order('retry', first as Reported);
    await caller.reached(first as Reported, 'completed');
    expect(alerts()).toEqual(['hub_circuit_opened', 'hub_circuit_closed']);
  });

  it('opens when nobody answers three times, without using up an attempt, also over a restart', async () => {
    await caller.put('/v1/nodes/hub', { ...site.hubNode(), base_url: 'https://127.0.0.1:9/' }).expect(200);
    const resources = await marked(12);
    await caller.order('queue', ...resources);
    await circuitIs('open');
    await app.close();
    const again = await site.app({ LOG_LEVEL: 'info' }, logs);
    caller = new Caller(again.app, await site.token('hub_export:write', 'hub_export:operate'));
    await circuitIs('open');
    const begun = await starts(resources);
    for (let round = 0; round < 3; round += 1) await caller.post('/v1/recovery').expect(200);
    expect(await starts(resources)).toBe(begun);
    // Each service may have had its four under way when the third of them failed.
    expect(begun).toBeLessThanOrEqual(8);

    await caller.put('/v1/nodes/hub', site.hubNode()).expect(200);
    for (const resource of resources) await caller.reached(resource, 'completed', 40_000);
    expect(alerts()).toEqual(['hub_circuit_opened', 'hub_circuit_closed']);
  });

  it('asks a hub that takes no transfers with a registration that cannot be taken, and closes when it does', async () => {
    const off = { status: 404, when: 'before', body: { detail: 'Not found.' } } as const;
    await site.control.addFaults({ step: 'create', times: 'forever', action: { type: 'answer', ...off } });
    const [first, second] = await marked(2);
    await caller.order('queue', first as Reported);
    await caller.reached(first as Reported, 'failed');
    await circuitIs('open');
    await caller.order('queue', second as Reported);
    await asked(2, 'create');
    expect(await site.life(second as Reported)).toEqual(['ResourceMarked', 'TransferQueued']);
    await site.control.clearFaults();
    await caller.reached(second as Reported, 'completed');
    expect(alerts()).toEqual(['hub_circuit_opened', 'hub_circuit_closed']);
  });

  it('closes when an operator tests the connection and finds it well', async () => {
    await site.control.addFaults({
      step: 'create',
      action: { type: 'answer', status: 403, when: 'before', body: { detail: 'No.' } },
    });
    const [first, second] = await marked(2);
    await caller.order('queue', first as Reported);
    await caller.reached(first as Reported, 'failed');
    await circuitIs('open');
    // No transfer is known to the hub, so no question tells whether the credentials are taken.
    await asked(1);
    await circuitIs('open');
    await caller.post('/v1/nodes/hub/probe').expect(200);
    await circuitIs('closed');
    await caller.order('queue', second as Reported);
    await caller.reached(second as Reported, 'completed');
  });

  it('keeps the turn of a trial for a transfer that is there to be tried', async () => {
    let laterMs = 0;
    const clock = { now: () => new Date(Date.now() + laterMs), chance: () => 0 };
    const one = await TestSite.start();
    try {
      const { app: own } = await one.app({}, { clock });
      const by = new Caller(own, await one.token('hub_export:write', 'hub_export:operate'));
      await recordNodes(one, by);
      const body = { detail: 'No.' };
      await one.control.addFaults({ step: 'create', action: { type: 'answer', status: 403, when: 'before', body } });
      const [refused, tried] = await Promise.all([1, 2].map(() => one.report('report', 64)));
      await Promise.all([refused, tried].map((resource) => one.mark(resource as Reported)));
      await by.order('queue', refused as Reported);
      await by.reached(refused as Reported, 'failed');
      await eventually(async () => (await one.control.requests({ step: 'status' })).some(isProbe), { what: 'a probe' });
      // It is time for a trial, and for a while nothing is there to be tried.
      laterMs = TRIAL_FIRST_MS;
      for (let round = 0; round < 5; round += 1) await by.post('/v1/recovery').expect(200);
      await by.order('queue', tried as Reported);
      await by.reached(tried as Reported, 'completed', 30_000);
    } finally {
      await one.close();
    }
  });

  async function marked(count: number): Promise<readonly Reported[]> {
    const resources = await Promise.all(Array.from({ length: count }, () => site.report('report', 256)));
    await Promise.all(resources.map((resource) => site.mark(resource)));
    return resources;
  }

  async function starts(resources: readonly Reported[]): Promise<number> {
    const lives = await Promise.all(resources.map((resource) => site.life(resource)));
    return lives.flat().filter((type) => type === 'RegistrationStarted').length;
  }

  function circuitIs(status: string) {
    return eventually(
      async () => {
        const { body } = (await caller.get('/v1/nodes')) as unknown as { readonly body: NodesAnswer };
        const hub = body.items.find(({ node_key }) => node_key === 'hub');
        if (hub?.circuit.status !== status) throw new Error(`The circuit is ${hub?.circuit.status}.`);
        return hub.circuit;
      },
      { what: `circuit ${status}`, withinMs: 20_000 },
    );
  }

  /** Until so many half-open probes were asked. */
  function asked(times: number, step: 'create' | 'status' = 'status') {
    return eventually(
      async () => {
        const probes = (await site.control.requests({ step })).filter(isProbe);
        if (probes.length < times) throw new Error(`${probes.length} probes.`);
        return true;
      },
      { what: 'probes', withinMs: 30_000 },
    );
  }

  function isProbe({ x_request_id }: { readonly x_request_id: string | null }): boolean {
    return x_request_id?.startsWith('probe-') ?? false;
  }

  async function gate(resource: Reported) {
    const answer = await caller.get(`/v1/transfers/${resource.transferId}`);
    const { gates } = answer.body as { readonly gates: readonly { readonly gate: string }[] };
    return gates.find(({ gate: name }) => name === 'hub_reachable');
  }

  function alerts(): readonly string[] {
    const events = lines.map((line) => (JSON.parse(line) as { event?: string }).event ?? '');
    return events.filter((event) => event.startsWith('hub_circuit_'));
  }
});
