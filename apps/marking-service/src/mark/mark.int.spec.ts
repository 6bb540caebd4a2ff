import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AT,
  type Caller,
  frozen,
  hashOf,
  hubNode,
  OPERATIONS,
  reportSnapshot,
  sha256,
  siteNode,
  type TestService,
  TestSite,
} from '../testing/marking.testing.js';

describe('marks over HTTP, with the real PostgreSQL and without a bus', () => {
  let site: TestSite;
  let service: TestService;
  let alice: Caller;

  beforeAll(async () => {
    site = await TestSite.open();
    await site.recordNodes();
    service = await site.service();
    alice = await service.as({ sub: 'alice', name: 'Alice' });
  });

  afterAll(() => site.close());

  it('marks an eligible resource by hash, and tells who did it', async () => {
    await report(1);
    const { status, body } = await mark([{ resource_kind: 'report', resource_hash: hashOf(1) }]);
    expect(status).toBe(200);
    expect(body.results).toEqual([
      {
        resource: { resource_kind: 'report', resource_hash: hashOf(1), id: null },
        transfer_id: expect.any(String),
        outcome: 'marked',
      },
    ]);
    const [event] = await marksOf(1);
    expect(event?.data).toMatchObject({
      by: { kind: 'user', subject: 'alice', name: 'Alice' },
      transfer_key: `site-a__report__${hashOf(1)}__processed_v1`,
      source_center_key: 'center-a',
      target_node_key: 'hub',
      local_cleanup_policy: 'retain_processed_media',
      resource_version: 1,
    });
    const shown = await alice.get(`/v1/resources/report/${hashOf(1)}?at_least=${body.position}`);
    expect(shown.body.transfer).toMatchObject({ status: 'marked', marked_by: { subject: 'alice' } });
  });

  it('marks by the number of the site at once after it was reported', async () => {
    await report(2);
    const { body } = await mark([{ resource_kind: 'report', id: 2 }]);
    expect(body.results[0]).toMatchObject({ outcome: 'marked', resource: { resource_hash: hashOf(2), id: 2 } });
  });

  it('is unchanged when it is marked twice, and unmarked once', async () => {
    await report(3);
    const reference = { resource_kind: 'report', resource_hash: hashOf(3) };
    expect(outcomes(await mark([reference, reference]))).toEqual(expect.arrayContaining(['marked', 'unchanged']));
    expect(outcomes(await mark([reference]))).toEqual(['unchanged']);
    expect(outcomes(await unmark([reference]))).toEqual(['unmarked']);
    expect(outcomes(await unmark([reference]))).toEqual(['unchanged']);
    expect(await marksOf(3)).toHaveLength(1);
  });

  it('refuses each bad item with its own code and does the good ones', async () => {
    await report(4);
    await report(5, { anonymization_state: 'FAILED' });
    await report(6, { center_key: 'center-z' });
    await report(7, { anonymization_state: 'ANONYMIZED' });
    const { status, body } = await mark([
      { resource_kind: 'report', resource_hash: hashOf(4) },
      { resource_kind: 'report', resource_hash: hashOf(5) },
      { resource_kind: 'report', resource_hash: hashOf(6) },
      { resource_kind: 'report', resource_hash: hashOf(7) },
      { resource_kind: 'video', resource_hash: hashOf(4) },
      { resource_kind: 'report', id: 404 },
    ]);
    expect(status).toBe(200);
    expect(body.results.map(({ outcome, code }: { outcome: string; code?: string }) => code ?? outcome)).toEqual([
      'marked',
      'not_anonymized',
      'unknown_resource',
      'state_not_accepted_by_hub',
      'unknown_resource',
      'unknown_resource',
    ]);
    expect(await marksOf(5)).toHaveLength(0);
    expect(await refusalsOf(5)).toEqual([expect.objectContaining({ command: 'mark', code: 'not_anonymized' })]);
    expect(await refusalsOf(6)).toEqual([expect.objectContaining({ command: 'mark', code: 'unknown_resource' })]);
  });

  it('answers a foreign center and an unknown resource in the same words, for marks and unmarks', async () => {
    await report(8, { center_key: 'center-b' });
    const bob = await service.as({ sub: 'bob', centers: ['center-a'] });
    for (const route of ['/v1/marks', '/v1/unmarks']) {
      const { body } = await bob.post(route, {
        target_node_key: 'hub',
        resources: [
          { resource_kind: 'report', resource_hash: hashOf(8) },
          { resource_kind: 'report', resource_hash: hashOf('nobody') },
        ],
      });
      const [foreign, unknown] = body.results;
      expect(foreign).toMatchObject({ outcome: 'refused', code: 'unknown_resource' });
      expect(unknown).toMatchObject({ outcome: 'refused', code: 'unknown_resource', detail: foreign.detail });
    }
    expect((await bob.get(`/v1/resources/report/${hashOf(8)}`)).status).toBe(404);
    expect(await marksOf(8)).toHaveLength(0);
  });

  it('refuses an unknown target as a whole, with nothing done, and records it', async () => {
    await report(9);
    const { status, body } = await alice.post('/v1/marks', {
      target_node_key: 'hub-nowhere',
      resources: [{ resource_kind: 'report', resource_hash: hashOf(9) }],
    });
    expect([status, body.code]).toEqual([409, 'unknown_target']);
    expect(await marksOf(9)).toHaveLength(0);
    const refused = await site.rows<{ data: object }>(
      `SELECT data FROM log.events WHERE type = 'CommandRefused' AND data->>'target_node_key' = 'hub-nowhere'`,
    );
    expect(refused).toHaveLength(1);
  });

  it('refuses to unmark once it is queued', async () => {
    await report(10);
    const { body } = await mark([{ resource_kind: 'report', resource_hash: hashOf(10) }]);
    const [{ transfer_id }] = body.results;
    await site.appendTransfer(transfer_id, {
      type: 'TransferQueued',
      at: AT,
      by: OPERATIONS,
      reason: 'operator',
      frozen: frozen(sha256('media 10')),
    });
    const answer = await unmark([{ resource_kind: 'report', resource_hash: hashOf(10) }]);
    expect(answer.body.results[0]).toMatchObject({ outcome: 'refused', code: 'already_queued', transfer_id });
  });

  it('lets an ineligible resource be unmarked', async () => {
    await report(11);
    await mark([{ resource_kind: 'report', resource_hash: hashOf(11) }]);
    await report(11, { source_version: 2, anonymization_state: 'FAILED' });
    expect(outcomes(await unmark([{ resource_kind: 'report', resource_hash: hashOf(11) }]))).toEqual(['unmarked']);
  });

  it.each([
    ['the hub', () => [hubNode('hub', false)]],
    ['the site node', () => [siteNode(['center-a', 'center-b'], 'site-a', false)]],
    ['both', () => [hubNode('hub', false), siteNode(['center-a', 'center-b'], 'site-a', false)]],
  ])('lets a mark be taken back while %s is not active', async (what, nodes) => {
    const number = what === 'both' ? 33 : what === 'the hub' ? 31 : 32;
    const reference = { resource_kind: 'report', resource_hash: hashOf(number) };
    await report(number);
    const [marked] = (await mark([reference])).body.results;
    try {
      for (const node of nodes()) await site.recordNode(node);
      const { status, body } = await unmark([reference]);
      expect(status).toBe(200);
      expect(body.results).toMatchObject([{ outcome: 'unmarked', transfer_id: marked.transfer_id }]);
      expect(outcomes(await unmark([reference]))).toEqual(['unchanged']);
    } finally {
      await site.recordNodes();
    }
  });

  it('answers a repeated idempotency key with what it did, also after it was undone', async () => {
    await report(12);
    const body = { resources: [{ resource_kind: 'report', resource_hash: hashOf(12) }] };
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await alice.post('/v1/marks', body, key);
    await unmark(body.resources);
    const again = await alice.post('/v1/marks', body, key);
    expect(again.body).toEqual(first.body);
    expect(await marksOf(12)).toHaveLength(1);

    const other = await alice.post(
      '/v1/marks',
      { resources: [{ resource_kind: 'report', resource_hash: hashOf(1) }] },
      key,
    );
    expect(other.body.results[0]).toMatchObject({ outcome: 'refused', code: 'idempotency_key_reused' });
    const bob = await service.as({ sub: 'bob' });
    expect(outcomes(await bob.post('/v1/marks', body, key))).toEqual(['marked']);
  });

  it('records a refusal once, however often the same command is said', async () => {
    await report(13, { anonymization_state: 'FAILED' });
    const key = { 'Idempotency-Key': randomUUID() };
    for (let said = 0; said < 3; said += 1) {
      const body = { resources: [{ resource_kind: 'report', resource_hash: hashOf(13) }] };
      expect((await alice.post('/v1/marks', body, key)).body.results[0].code).toBe('not_anonymized');
    }
    expect(await refusalsOf(13)).toHaveLength(1);
  });

  it('marks once when twenty callers of two services race', async () => {
    await report(14);
    const other = await (await site.service()).as({ sub: 'carol' });
    const body = { resources: [{ resource_kind: 'report', resource_hash: hashOf(14) }] };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, place) => (place % 2 === 0 ? alice : other).post('/v1/marks', body)),
    );
    const all = answers.flatMap(outcomes);
    expect(all.filter((outcome) => outcome === 'marked')).toHaveLength(1);
    expect(all.filter((outcome) => outcome === 'unchanged')).toHaveLength(19);
    expect(await marksOf(14)).toHaveLength(1);
  });

  it('needs a target named when several hubs are active, and takes the only one when it is left', async () => {
    await report(15);
    await site.recordNode(hubNode('hub-2'));
    const body = { resources: [{ resource_kind: 'report', resource_hash: hashOf(15) }] };
    await site.service().then(async (late) => {
      const caller = await late.as();
      await caller.get(`/v1/resources?at_least=${await site.transferLog.position()}`);
      const { status, body: problem } = await caller.post('/v1/marks', body);
      expect([status, problem.code]).toEqual([409, 'target_required']);
    });
    const chosen = await alice.post('/v1/marks', { ...body, target_node_key: 'hub-2' });
    expect(outcomes(chosen)).toEqual(['marked']);
    await site.recordNode(hubNode('hub-2', false));
    const only = await alice.post('/v1/marks', body);
    expect(only.body.target_node_key).toBe('hub');
    expect(only.body.results[0].transfer_id).not.toBe(chosen.body.results[0].transfer_id);
  });

  it('refuses what is no request with every fault, and takes 200 resources at most', async () => {
    const many = Array.from({ length: 201 }, () => ({ resource_kind: 'report', id: 1 }));
    const answers = [
      await alice.post('/v1/marks', { resources: many }),
      await alice.post('/v1/marks', { resources: [] }),
      await alice.post('/v1/marks', { resources: [{ resource_kind: 'image', id: 1 }] }),
      await alice.post('/v1/marks', { resources: [{ resource_kind: 'report', resource_hash: 'ABC' }] }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [400, 'invalid_request']));
  });

  it('is closed to those who may only read', async () => {
    const reader = await service.as({ roles: ['hub_export:read'] });
    expect((await reader.post('/v1/marks', { resources: [{ resource_kind: 'report', id: 1 }] })).status).toBe(403);
  });

  async function report(number: number, otherwise: object = {}): Promise<void> {
    const { status, body } = await alice.put(
      `/v1/resources/report/${hashOf(number)}`,
      reportSnapshot(number, otherwise),
    );
    expect([status, body.code]).toEqual([200, undefined]);
  }

  function mark(resources: readonly object[]) {
    return alice.post('/v1/marks', { resources });
  }

  function unmark(resources: readonly object[]) {
    return alice.post('/v1/unmarks', { resources });
  }

  async function marksOf(number: number): Promise<readonly { data: Record<string, unknown> }[]> {
    return site.rows(
      `SELECT data FROM log.events WHERE type = 'ResourceMarked' AND data->>'resource_hash' = $1
      AND data->>'target_node_key' = 'hub' ORDER BY global_seq`,
      [hashOf(number)],
    );
  }

  async function refusalsOf(number: number): Promise<readonly object[]> {
    const rows = await site.rows<{ data: object }>(
      `SELECT data FROM log.events WHERE type = 'CommandRefused' AND data->>'resource_hash' = $1 ORDER BY global_seq`,
      [hashOf(number)],
    );
    return rows.map(({ data }) => data);
  }
});

function outcomes({
  body,
}: {
  readonly body: { readonly results: readonly { readonly outcome: string }[] };
}): string[] {
  return body.results.map(({ outcome }) => outcome);
}
