import { jest } from '@jest/globals';
import type { FaultAction } from '@hub-export/hub-simulator';
import { eventually } from '@hub-export/testing';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(90_000);

const ATTEMPTS_MAX = 2;

/** Ways of a hub to say `running` to media, whatever it does with it. */
const BUSY: Readonly<Record<string, FaultAction>> = {
  'refuses every upload, since another one holds the transfer': { type: 'claim', ms: 3_600_000 },
  'takes every upload and comes to no end': { type: 'force', set: { transfer_status: 'running' } },
  'takes every upload, comes to no end and does not answer': { type: 'hang', when: 'after' },
};

// Real: PostgreSQL, NATS, a hub over mutual TLS that counts the bodies it is sent.
describe('a hub of sealed media that is busy for ever', () => {
  let site: TestSite;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start('endoreg-3.0-envelope');
    const { app } = await site.app({
      LEASE_MS: '15000',
      // A busy machine answers a question late, and a lost answer would be another case.
      HUB_ANSWER_TIMEOUT_MS: '3000',
      HUB_BUSY_POLL_MS: '10',
      HUB_LEASE_MS: '1500',
      RETRY_ATTEMPTS_MAX: String(ATTEMPTS_MAX),
    });
    caller = new Caller(app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
  }, 60_000);

  afterEach(() => site.control.clearFaults());
  afterAll(() => site.close());

  it.each(Object.keys(BUSY))('and %s gets no more bodies than there are attempts', async (way) => {
    const resource = await site.report('report', 64);
    const { transferKey: transfer_key } = resource;
    const busy: FaultAction = { type: 'force', set: { transfer_status: 'running' } };
    await site.control.addFaults(
      { step: 'media', transfer_key, times: 'forever', action: BUSY[way] as FaultAction },
      { step: 'status', transfer_key, times: 'forever', action: busy },
      { step: 'create', transfer_key, after: 1, times: 'forever', action: busy },
    );
    await site.mark(resource);
    await caller.order('queue', resource);
    expect(await exhausted(resource)).toMatchObject({ status: 'failed', failure_code: 'hub_busy_after_upload' });
    const bodies = await site.control.requests({ step: 'media', transfer_key });
    expect(bodies).toHaveLength(ATTEMPTS_MAX);
    expect(new Set(bodies.map(({ body_sha256 }) => body_sha256)).size).toBe(1);
  });

  function exhausted({ transferId }: Reported) {
    return eventually(
      async () => {
        const { body } = await caller.get(`/v1/transfers/${transferId}`);
        const detail = body as {
          readonly retries_exhausted: boolean;
          readonly status: string;
          readonly failure_code: string;
        };
        if (!detail.retries_exhausted) throw new Error(`It is ${detail.status} ${detail.failure_code}.`);
        return detail;
      },
      { what: 'the end of its attempts', withinMs: 40_000 },
    );
  }
});
