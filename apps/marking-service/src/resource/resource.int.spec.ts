import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ProjectionRunner } from '@hub-export/event-store';
import { ServiceDatabase } from '@hub-export/service-runtime';
import {
  AT,
  type Caller,
  complete,
  hashOf,
  OPERATIONS,
  reportSnapshot,
  sha256,
  type TestService,
  TestSite,
} from '../testing/marking.testing.js';

describe('resources over HTTP, with the real PostgreSQL and without a bus', () => {
  let site: TestSite;
  let service: TestService;
  let alice: Caller;

  beforeAll(async () => {
    site = await TestSite.open();
    await site.recordNodes();
    service = await site.service();
    alice = await service.as();
  });

  afterAll(() => site.close());

  describe('what the site tells', () => {
    it('is recorded once per source_version', async () => {
      const first = await put(1);
      expect(first.body).toEqual({
        resource: {
          resource_kind: 'report',
          resource_hash: hashOf(1),
          status: 'present',
          source_version: 1,
          version: 1,
        },
        outcome: 'recorded',
        position: expect.any(Number),
      });
      expect((await put(1)).body.outcome).toBe('unchanged');
      const second = await put(1, { source_version: 2, processing_error: true });
      expect(second.body).toMatchObject({ outcome: 'recorded', resource: { version: 2 } });
    });

    it('is refused when it is older than what is known, or reuses a version for something else', async () => {
      await put(2, { source_version: 7 });
      const answers = [
        await put(2, { source_version: 6 }),
        await put(2, { source_version: 7, processing_error: true }),
      ];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
        [409, 'stale_source_version'],
        [409, 'source_version_reused'],
      ]);
    });

    it('is refused as stale also when the very same snapshot was told before', async () => {
      await put(3, { source_version: 1 });
      await put(3, { source_version: 2 });
      expect((await put(3, { source_version: 1 })).body.code).toBe('stale_source_version');
    });

    it('is refused for an unknown kind, a malformed hash and a broken snapshot, each with its own code', async () => {
      const snapshot = reportSnapshot(4);
      const answers = [
        await alice.put(`/v1/resources/image/${hashOf(4)}`, snapshot),
        await alice.put(`/v1/resources/report/${hashOf(4).toUpperCase()}`, snapshot),
        await alice.put(`/v1/resources/report/${hashOf(4)}`, { ...snapshot, source_version: 'Canary' }),
        await alice.put(`/v1/resources/report/${hashOf(4)}`, {
          ...snapshot,
          rows: { ...snapshot.rows, sensitive_meta: { patient_dob: 'Canary' } },
        }),
        await alice.get(`/v1/resources/image/${hashOf(4)}`),
      ];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
        [400, 'unknown_resource_kind'],
        [400, 'malformed_resource_hash'],
        [400, 'invalid_resource_snapshot'],
        [400, 'privacy_field_forbidden'],
        [400, 'unknown_resource_kind'],
      ]);
      expect(answers.map(({ text }) => text).join()).not.toContain('Canary');
      expect(answers[2]?.body.errors).toEqual([expect.objectContaining({ field: 'source_version' })]);
    });

    it('is taken of several megabytes', async () => {
      const frame_annotations = Array.from({ length: 20_000 }, (_, frame_number) => ({
        annotation_id: frame_number + 1,
        frame_number,
        label_name: 'polyp',
        value: true,
        information_source_name: 'annotator with a rather long name, so that there is much of it',
      }));
      const video = { ...reportSnapshot(5), rows: { video_file: { video_hash: hashOf(5) }, frame_annotations } };
      expect(JSON.stringify(video).length).toBeGreaterThan(3_000_000);
      const answer = await alice.put(`/v1/resources/video/${hashOf(5)}`, video);
      expect([answer.status, answer.body.outcome]).toEqual([200, 'recorded']);
    });

    it('can be taken back, and told anew', async () => {
      await put(6);
      const path = `/v1/resources/report/${hashOf(6)}`;
      expect((await alice.delete(path)).body.code).toBe('source_version_missing');
      expect((await alice.delete(`${path}?source_version=1`)).body.code).toBe('stale_source_version');
      const gone = await alice.delete(`${path}?source_version=2`);
      expect(gone.body).toMatchObject({ outcome: 'withdrawn', resource: { status: 'withdrawn' } });
      expect((await alice.delete(`${path}?source_version=2`)).body.outcome).toBe('unchanged');
      const shown = await alice.get(`${path}?at_least=${gone.body.position}`);
      expect(shown.body).toMatchObject({ status: 'withdrawn', reasons: [{ code: 'resource_withdrawn' }] });
      expect((await put(6, { source_version: 3 })).body).toMatchObject({
        outcome: 'recorded',
        resource: { status: 'present' },
      });
    });

    it('is the affair of the site role alone', async () => {
      const writer = await service.as({ roles: ['hub_export:write'] });
      expect((await writer.put(`/v1/resources/report/${hashOf(1)}`, reportSnapshot(1))).status).toBe(403);
    });

    it('is refused while no site node is active', async () => {
      const empty = await TestSite.open();
      try {
        const caller = await (await empty.service()).as();
        const answer = await caller.put(`/v1/resources/report/${hashOf(1)}`, reportSnapshot(1));
        expect([answer.status, answer.body.code]).toEqual([409, 'no_active_site_node']);
      } finally {
        await empty.close();
      }
    });
  });

  describe('the list', () => {
    let listed: TestSite;
    let caller: Caller;
    let own: TestService;

    beforeAll(async () => {
      listed = await TestSite.open();
      await listed.recordNodes();
      own = await listed.service();
      caller = await own.as();
      await tell(1, { created_at: '2026-01-01T00:00:00Z' });
      await tell(2, { created_at: '2026-01-02T00:00:00Z', center_key: 'center-b' });
      await tell(3, { created_at: '2026-01-03T00:00:00Z', anonymization_state: 'STARTED' });
      await tell(4, { created_at: '2026-01-04T00:00:00Z', processed_media: { present: false } });
      await tell(5, { created_at: '2026-01-05T00:00:00Z', center_key: 'center-z' });
      await tell(6, { created_at: '2026-01-06T00:00:00Z', anonymization_state: 'anonymized' });
      await caller.get(`/v1/resources?at_least=${await listed.transferLog.position()}`);
    });

    afterAll(() => listed.close());

    it('shows by default what is anonymized, complete and not completed, newest first', async () => {
      const all = await listed
        .service()
        .then((late) => late.as({ roles: ['hub_export:read', 'center_scope:global_admin'] }));
      expect(numbers(await all.get('/v1/resources'))).toEqual([6, 5, 2, 1]);
      expect(numbers(await all.get('/v1/resources?view=all&direction=asc'))).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('holds a completed transfer back from the default view of its hub', async () => {
      const { body } = await caller.post('/v1/marks', { resources: [{ resource_kind: 'report', id: 1 }] });
      const transferId: string = body.results[0].transfer_id;
      const position = await complete(listed, transferId, 1);
      expect(numbers(await caller.get(`/v1/resources?at_least=${position}`))).not.toContain(1);
      expect(numbers(await caller.get('/v1/resources?target_node_key=hub-2'))).toContain(1);
      const shown = await caller.get('/v1/resources?view=all&status=completed');
      expect(shown.body.items).toEqual([
        expect.objectContaining({ local_id: 1, transfer: expect.objectContaining({ status: 'completed' }) }),
      ]);
    });

    it('says when the processed media changed since it was frozen', async () => {
      const item = async () => (await caller.get(`/v1/resources?view=all&q=${hashOf(1)}`)).body.items[0];
      expect((await item()).content_changed).toBe(false);
      const media = sha256('other media');
      const { rows } = reportSnapshot(1);
      const state = { ...rows.raw_pdf_state, processed_file_sha256: media };
      const position = await tell(1, {
        source_version: 2,
        created_at: '2026-01-01T00:00:00Z',
        processed_media: { present: true, sha256: media, size: 5, suffix: '.pdf' },
        rows: { ...rows, raw_pdf_state: state },
      });
      await caller.get(`/v1/resources?at_least=${position}`);
      expect((await item()).content_changed).toBe(true);
    });

    it('tells every reason with its sentence, and the bands', async () => {
      const { body } = await caller.get(`/v1/resources?view=all&q=${hashOf(6).slice(0, 12)}`);
      expect(body.items).toHaveLength(1);
      expect(body.items[0]).toMatchObject({
        resource_hash: hashOf(6),
        eligible: false,
        reasons: [{ code: 'state_not_accepted_by_hub', sentence: expect.stringMatching(/\w/) }],
        processed_media: { present: true, size: 4_096, sha256: sha256('media 6') },
        privacy: { exam_year: 2025, age_band: '60-69', gender: 'female' },
        transfer: null,
      });
    });

    it('is filtered by kind, state, center, status and number', async () => {
      expect(numbers(await caller.get('/v1/resources?view=all&kind=video'))).toEqual([]);
      expect(numbers(await caller.get('/v1/resources?view=all&state=started'))).toEqual([3]);
      expect(numbers(await caller.get('/v1/resources?view=all&center=center-b'))).toEqual([2]);
      expect(numbers(await caller.get('/v1/resources?view=all&status=not_marked&center=center-a'))).toEqual([6, 4, 3]);
      expect(numbers(await caller.get('/v1/resources?view=all&status=queued'))).toEqual([]);
      expect((await caller.get('/v1/resources?status=lost')).body.code).toBe('invalid_request');
      expect((await caller.get('/v1/resources?q=%00')).body.code).toBe('invalid_request');
      expect(numbers(await caller.get('/v1/resources?view=all&q=%25'))).toEqual([]);
      expect(numbers(await caller.get('/v1/resources?view=all&q=Center-B'))).toEqual([2]);
    });

    it('shows the caller’s centers alone', async () => {
      const bob = await own.as({ centers: ['center-b'], roles: ['hub_export:read'] });
      expect(numbers(await bob.get('/v1/resources?view=all'))).toEqual([2]);
      expect(numbers(await bob.get('/v1/resources?view=all&center=center-a'))).toEqual([]);
      const nobody = await own.as({ centers: [], roles: ['hub_export:read'] });
      expect(numbers(await nobody.get('/v1/resources?view=all'))).toEqual([]);
    });

    it('pages through everything once, both ways', async () => {
      for (const direction of ['desc', 'asc']) {
        const seen: number[] = [];
        let cursor: string | null = '';
        for (let page = 0; cursor !== null && page < 10; page += 1) {
          const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
          const answer = await caller.get(`/v1/resources?view=all&limit=2&direction=${direction}${more}`);
          seen.push(...numbers(answer));
          cursor = answer.body.next_cursor;
        }
        expect(seen).toEqual(direction === 'desc' ? [6, 4, 3, 2, 1] : [1, 2, 3, 4, 6]);
      }
    });

    it('takes the same number of queries for one line as for many', async () => {
      const queries = jest.spyOn(own.made.app.get(ServiceDatabase).source, 'query');
      const cost = async (path: string): Promise<number> => {
        queries.mockClear();
        expect((await caller.get(path)).status).toBe(200);
        return queries.mock.calls.length;
      };
      expect(await cost('/v1/resources?view=all&limit=200')).toBe(4);
      expect(await cost('/v1/resources?view=all&limit=1')).toBe(4);
      expect(await cost('/v1/resources/counts')).toBe(2);
      queries.mockRestore();
    });

    it('answers 503 for a position that is not there yet', async () => {
      const runner = own.made.app.get(ProjectionRunner);
      const waits = jest.spyOn(runner, 'waitFor').mockResolvedValueOnce(false);
      const { status, body } = await caller.get('/v1/resources?at_least=999999');
      expect([status, body.code]).toEqual([503, 'position_not_reached']);
      waits.mockRestore();
    });

    it('is the same after the views were built again from the log', async () => {
      const before = (await caller.get('/v1/resources?view=all')).body;
      await listed.rows(`UPDATE marking.resources SET center_name = 'wrong', completed_for = '{}'`);
      await own.made.app.get(ProjectionRunner).rebuild();
      expect((await caller.get('/v1/resources?view=all')).body).toEqual(before);
      expect(numbers(await caller.get('/v1/resources'))).not.toContain(1);
    });

    async function tell(number: number, otherwise: object): Promise<number> {
      const answer = await caller.put(`/v1/resources/report/${hashOf(number)}`, reportSnapshot(number, otherwise));
      expect([answer.status, answer.body.code]).toEqual([200, undefined]);
      return answer.body.position;
    }
  });

  describe('one resource', () => {
    it('answers the ordered gates, and why it does not pass', async () => {
      const { body } = await put(20);
      const path = `/v1/resources/report/${hashOf(20)}`;
      const fresh = await alice.get(`${path}?at_least=${body.position}`);
      expect(gates(fresh)).toEqual({ marked: 'not_marked', queued: 'not_queued' });
      await site.append('egress', { type: 'EgressStopped', at: AT, by: OPERATIONS } as never);
      const marked = await alice.post('/v1/marks', { resources: [{ resource_kind: 'report', id: 20 }] });
      const later = await alice.get(`${path}?at_least=${marked.body.position}`);
      expect(gates(later)).toEqual({ queued: 'not_queued', egress_open: 'egress_stopped' });
      expect(later.body.gates.map(({ gate }: { gate: string }) => gate)).toEqual([
        ...['known', 'in_scope', 'anonymized', 'complete', 'marked', 'queued'],
        ...['node_ready', 'hub_reachable', 'egress_open', 'window_open', 'not_held'],
      ]);
    });

    it('tells that the hub is in trouble while its circuit is open', async () => {
      const { body } = await put(21);
      const path = `/v1/resources/report/${hashOf(21)}`;
      const by = OPERATIONS;
      const opened = { type: 'HubCircuitOpened', at: AT, by, node_key: 'hub', code: 'hub_denies_access' };
      const position = await site.append('circuit-hub', opened);
      const closed = await alice.get(`${path}?at_least=${Math.max(position, body.position)}`);
      expect(gates(closed)).toMatchObject({ hub_reachable: 'hub_denies_access' });
      const later = await site.append('circuit-hub', {
        type: 'HubCircuitClosed',
        at: AT,
        by,
        node_key: 'hub',
      } as never);
      expect(gates(await alice.get(`${path}?at_least=${later}`))).not.toHaveProperty('hub_reachable');
    });

    it('answers 404 for one that nobody reported', async () => {
      const { status, body } = await alice.get(`/v1/resources/report/${hashOf('nobody')}`);
      expect([status, body.code]).toEqual([404, 'unknown_resource']);
    });
  });

  function put(number: number, otherwise: object = {}) {
    return alice.put(`/v1/resources/report/${hashOf(number)}`, reportSnapshot(number, otherwise));
  }
});

function numbers({ body }: { readonly body: { readonly items: readonly { readonly local_id: number }[] } }): number[] {
  return body.items.map(({ local_id }) => local_id);
}

/** The gates that do not pass. */
function gates({
  body,
}: {
  readonly body: { readonly gates: readonly { gate: string; passed: boolean; code: string }[] };
}) {
  return Object.fromEntries(body.gates.filter(({ passed }) => !passed).map(({ gate, code }) => [gate, code]));
}
