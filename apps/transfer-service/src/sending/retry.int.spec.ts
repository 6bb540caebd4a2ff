import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import type { TransferApp } from '../app.server.js';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(120_000);

const UNHURRIED = { LEASE_MS: '15000', HUB_ANSWER_TIMEOUT_MS: '15000', RETRY_ATTEMPTS_MAX: '2' };

// Real: PostgreSQL, NATS, a hub over mutual TLS. The policy's own delays are at most 200 ms here.
describe('a retry', () => {
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

  it('waits as many seconds as the hub asks for, also over a restart', async () => {
    const resource = await throttled('5');
    const { at, not_before } = await failure(resource);
    expect(Date.parse(not_before) - Date.parse(at)).toBeGreaterThanOrEqual(5_000);
    await app.close();
    await start();
    await caller.reached(resource, 'completed', 60_000);
    const starts = (await site.facts(resource)).filter(({ type }) => type === 'RegistrationStarted');
    expect(starts).toHaveLength(2);
    expect(Date.parse(starts[1]?.data['at'] as string)).toBeGreaterThanOrEqual(Date.parse(not_before));
  });

  it('waits until the date that the hub names, unless a person orders it before', async () => {
    const until = new Date(Date.now() + 600_000);
    const resource = await throttled(until.toUTCString());
    const { not_before } = await failure(resource);
    const difference = Date.parse(not_before) - until.getTime();
    // The date of a header has whole seconds.
    expect(difference).toBeGreaterThan(-2_000);
    expect(difference).toBeLessThan(60_000);
    await caller.order('retry', resource);
    await caller.reached(resource, 'completed', 60_000);
  });

  it('ends with the automatic attempts, which the first closed gate says, and a person begins a fresh count', async () => {
    const resource = await site.report('report', 64);
    const { transferKey: transfer_key } = resource;
    await site.control.addFaults({ name: '500', step: 'create', transfer_key, times: 'forever' });
    await queued(resource);
    expect(await exhausted(resource)).toMatchObject({ attempts: 2 });
    await caller.order('retry', resource);
    const again = await exhausted(resource, 4);
    expect(again).toMatchObject({ attempts: 4, retryable: false });
    const closed = again.gates.find(({ passed }) => !passed);
    expect(closed).toMatchObject({ gate: 'queued', code: 'retries_exhausted', who: 'operator' });
    await site.control.clearFaults();
    await caller.order('retry', resource);
    await caller.reached(resource, 'completed', 60_000);
  });

  async function start(): Promise<void> {
    app = await site.app(UNHURRIED);
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
  }

  async function queued(resource: Reported): Promise<void> {
    await site.mark(resource);
    expect(await caller.order('queue', resource)).toMatchObject([{ outcome: 'queued' }]);
  }

  /** A transfer whose registration is answered with 429 once. */
  async function throttled(retryAfter: string): Promise<Reported> {
    const resource = await site.report('report', 64);
    const headers = { 'retry-after': retryAfter };
    const body = { detail: 'Request was throttled.' };
    await site.control.addFaults({
      step: 'create',
      transfer_key: resource.transferKey,
      action: { type: 'answer', when: 'before', status: 429, headers, body },
    });
    await queued(resource);
    return resource;
  }

  async function failure(resource: Reported): Promise<{ readonly at: string; readonly not_before: string }> {
    const fact = await eventually(
      async () => (await site.facts(resource)).find(({ type }) => type === 'TransferFailed') ?? false,
      { what: 'the failure', withinMs: 30_000 },
    );
    expect(fact.data).toMatchObject({ retryable: true });
    return fact.data as { at: string; not_before: string };
  }

  function exhausted({ transferId }: Reported, attempts = 1) {
    return eventually(
      async () => {
        const { body } = await caller.get(`/v1/transfers/${transferId}`);
        const detail = body as {
          readonly retries_exhausted: boolean;
          readonly attempts: number;
          readonly gates: readonly { readonly passed: boolean; readonly gate: string; readonly code: string }[];
        };
        return detail.retries_exhausted && detail.attempts >= attempts ? detail : false;
      },
      { what: 'the end of its attempts', withinMs: 60_000 },
    );
  }
});
