import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ServiceDatabase } from '@hub-export/service-runtime';
import {
  type Caller,
  complete,
  hashOf,
  hubNode,
  reportSnapshot,
  siteNode,
  type TestService,
  TestSite,
} from '../testing/marking.testing.js';

import type { CenterSync, SyncSummary } from './overview-document.js';

/** What lx-annotate's page does, in its order, against the real PostgreSQL. */
describe.each(['/endoreg-api/hub-export', '/api/hub-export'])('the lx-annotate compatible interface at %s', (base) => {
  let site: TestSite;
  let service: TestService;
  let page: Caller;

  beforeAll(async () => {
    site = await TestSite.open();
    await site.recordNodes();
    // A hub that takes resources of every center in the node's scope.
    await site.recordNode({ ...hubNode(), profile: 'endoreg-2.0' });
    service = await site.service();
    page = await service.as();
    for (const number of [1, 2, 3]) await tell(number, {});
    await tell(4, { anonymization_state: 'processing_anonymization' });
    await tell(5, { processed_media: { present: false } });
    await tell(6, { center_key: null });
    await tell('without number', { file_name: 'scan.pdf', center_key: 'center-b', center_name: null });
    await page.get(`/v1/resources?at_least=${await site.transferLog.position()}`);
  });

  afterAll(() => site.close());

  it('shows everything with exactly the keys that the page knows', async () => {
    const { status, body } = await everything(await admin());
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual([
      ...['config_error', 'config_ready', 'hub_nodes', 'items', 'privacy_summary'],
      ...['selected_target_node_key', 'source_node_key', 'sync_summary'],
    ]);
    expect(body).toMatchObject({
      selected_target_node_key: 'hub',
      source_node_key: 'site-a',
      hub_nodes: [
        { node_key: 'hub', display_name: 'Hub hub', base_url: 'https://hub.example/', owning_center_key: null },
      ],
      config_ready: true,
      config_error: '',
    });
    expect(body.items).toHaveLength(7);
    expect(body.items[0]).toEqual({
      id: expect.any(Number),
      resource_kind: 'report',
      filename: expect.any(String),
      anonymization_status: 'validated',
      processed_media_present: true,
      source_center_key: 'center-a',
      source_center_name: 'Center A',
      marked_for_upload: false,
      outbound_status: '',
      last_error: '',
      blocked_reason: '',
      last_transfer_timestamp: null,
      target_node_key: null,
      eligible: true,
      created_at: expect.stringMatching(/^2026-11-01T10:00:00/),
    });
    expect(Object.keys(body.privacy_summary).sort()).toEqual([
      ...['eligible_case_count', 'eligible_resource_count', 'marked_resource_count', 'min_k', 'passes_k_anonymity'],
      ...['smallest_equivalence_class_size', 'status', 'violating_equivalence_class_count'],
    ]);
  });

  it('lists eligible ones first, then by label: a pseudonymous one, unless the site switches file names on', async () => {
    const { body } = await everything(await admin());
    const labels = body.items.map(({ filename }: { filename: string }) => filename);
    const eligible = body.items.map((item: { eligible: boolean }) => item.eligible);
    expect(eligible).toEqual([...eligible].sort((one, other) => Number(other) - Number(one)));
    expect(labels).toContain(`report-${hashOf(1).slice(0, 12)}`);
    expect(JSON.stringify(body)).not.toContain('scan.pdf');
    const open = await (await site.service({ showsFileNames: true })).as();
    const named = (await everything(open)).body.items.map(({ filename }: { filename: string }) => filename);
    expect(named).toContain('scan.pdf');
    expect(named).toContain(`report-${hashOf(1).slice(0, 12)}`);
    const ids = body.items.map(({ id }: { id: number }) => id);
    expect(new Set(ids).size).toBe(7);
    expect(ids.every(Number.isInteger)).toBe(true);
  });

  it('tells why something is not exported in the words of the page', async () => {
    const { body } = await everything(await admin());
    const reasons = body.sync_summary.rejections.map(({ resource_id, reason, detail }: Record<string, unknown>) => [
      resource_id,
      reason,
      detail,
    ]);
    expect(reasons).toEqual(
      expect.arrayContaining([
        [4, 'not_ready_for_export', 'not ready for export'],
        [5, 'missing_processed_file', 'processed media missing'],
        [6, 'missing_center', 'source center missing'],
      ]),
    );
    const started = body.items.find(({ id }: { id: number }) => id === 4);
    expect(started).toMatchObject({
      anonymization_status: 'processing_anonymization',
      blocked_reason: 'not ready for export',
    });
  });

  it('is marked and unmarked at once for the page that loads again', async () => {
    const marked = await page.post(`${base}/mark/`, {
      target_node_key: 'hub',
      resources: [
        { id: 1, resource_kind: 'report' },
        { id: 2, resource_kind: 'report' },
      ],
    });
    expect([marked.status, marked.body]).toMatchObject([200, { marked_count: 2, target_node_key: 'hub' }]);
    expect(await item(1)).toMatchObject({ marked_for_upload: true, outbound_status: 'marked', target_node_key: 'hub' });
    const again = await page.post(`${base}/mark/`, { resources: [{ id: 1, resource_kind: 'report' }] });
    expect(again.body).toMatchObject({
      marked_count: 1,
      results: [{ id: 1, resource_kind: 'report', outcome: 'unchanged' }],
    });

    const unmarked = await page.post(`${base}/unmark/`, {
      target_node_key: 'hub',
      resources: [
        { id: 2, resource_kind: 'report' },
        { id: 3, resource_kind: 'report' },
      ],
    });
    expect([unmarked.status, unmarked.body]).toMatchObject([200, { unmarked_count: 1, target_node_key: 'hub' }]);
    expect(await item(2)).toMatchObject({ marked_for_upload: false, outbound_status: '' });
  });

  it('says in detail what was refused, and does the rest', async () => {
    const { status, body } = await page.post(`${base}/mark/`, {
      target_node_key: 'hub',
      resources: [
        { id: 4, resource_kind: 'report' },
        { id: 3, resource_kind: 'report' },
        { id: 404, resource_kind: 'video' },
      ],
    });
    expect(status).toBe(400);
    expect(body.detail).toBe('Report 4 is not eligible for hub export. The resource is not anonymized.');
    expect(body.results.map(({ outcome, reason }: Record<string, unknown>) => [outcome, reason])).toEqual([
      ['refused', 'not_anonymized'],
      ['marked', null],
      ['refused', 'unknown_resource'],
    ]);
    expect(await item(3)).toMatchObject({ outbound_status: 'marked' });
  });

  it('marks a resource that has no number of the site', async () => {
    const { body } = await everything(page);
    const { id } = body.items.find((line: { id: number }) => line.id < 0);
    const marked = await page.post(`${base}/mark/`, { resources: [{ id, resource_kind: 'report' }] });
    expect([marked.status, marked.body.marked_count]).toEqual([200, 1]);
    expect(
      (await page.post(`${base}/unmark/`, { resources: [{ id, resource_kind: 'report' }] })).body.unmarked_count,
    ).toBe(1);
  });

  it('answers what is no request in the form of the page, with a detail', async () => {
    for (const resources of [undefined, [], 'all']) {
      const { status, body } = await page.post(`${base}/mark/`, { target_node_key: 'hub', resources });
      expect([status, body]).toEqual([
        400,
        { errors: { resources: 'resources must be a non-empty list.' }, detail: 'resources must be a non-empty list.' },
      ]);
    }
    const { status, body } = await page.post(`${base}/mark/`, { resources: [{ id: '1', resource_kind: 'report' }] });
    expect([status, typeof body.detail]).toEqual([400, 'string']);
  });

  it('counts what is completed as a duplicate, and its sums hold', async () => {
    const { body: marks } = await page.post('/v1/marks', { resources: [{ resource_kind: 'report', id: 1 }] });
    const position = await complete(site, marks.results[0].transfer_id, 1);
    await page.get(`/v1/resources?at_least=${position}`);
    const { body } = await everything(await admin());
    const summary = body.sync_summary as SyncSummary;
    expect(summary.centers.map(({ center_key }: { center_key: string }) => center_key)).toEqual([
      'center-a',
      'center-b',
    ]);
    const sum = (of: (center: CenterSync) => number): number =>
      summary.centers.reduce((total, center) => total + of(center), 0);
    for (const center of summary.centers) {
      const candidates = center.processed_files.filter((file) => file.eligible && !file.transfer_registered);
      expect(center.candidate_count).toBe(candidates.length);
    }
    expect(summary.processed_file_count).toBe(sum((center) => center.processed_files.length));
    expect(summary.candidate_count).toBe(sum((center) => center.candidate_count));
    const within = (list: readonly { center_key: string | null }[]): number =>
      list.filter(({ center_key }) => center_key !== null).length;
    expect(within(summary.rejections)).toBe(sum((center) => center.rejection_count));
    expect(within(summary.duplicates)).toBe(sum((center) => center.duplicate_count));
    expect(summary.duplicates).toContainEqual({
      resource_kind: 'report',
      resource_id: 1,
      filename: `report-${hashOf(1).slice(0, 12)}`,
      center_key: 'center-a',
      reason: 'transfer_already_registered',
      transfer_key: `site-a__report__${hashOf(1)}__processed_v1`,
      transfer_status: 'completed',
      target_node_key: 'hub',
    });
    expect(await item(1)).toMatchObject({
      marked_for_upload: true,
      outbound_status: 'completed',
      last_transfer_timestamp: expect.any(String),
    });
  });

  it('shows the caller’s centers alone', async () => {
    const bob = await service.as({ centers: ['center-b'], roles: ['hub_export:read'] });
    const { body } = await everything(bob);
    expect(body.items.map(({ source_center_key }: Record<string, unknown>) => source_center_key)).toEqual(['center-b']);
    expect(body.sync_summary.centers.map(({ center_key }: Record<string, unknown>) => center_key)).toEqual([
      'center-b',
    ]);
    expect((await bob.post(`${base}/mark/`, { resources: [{ id: 1, resource_kind: 'report' }] })).status).toBe(403);
  });

  it('takes two queries, however much there is', async () => {
    const queries = jest.spyOn(service.made.app.get(ServiceDatabase), 'rows');
    await everything(page);
    expect(queries.mock.calls).toHaveLength(2);
    queries.mockRestore();
  });

  it('says what of the configuration is missing, and refuses marks with it', async () => {
    await hubs(hubNode('hub', false));
    expect((await everything(page)).body).toMatchObject({
      selected_target_node_key: null,
      config_ready: false,
      config_error: 'No active central hub node is configured.',
    });
    const refused = await page.post(`${base}/mark/`, {
      target_node_key: 'hub',
      resources: [{ id: 2, resource_kind: 'report' }],
    });
    expect([refused.status, refused.body]).toEqual([
      409,
      {
        errors: { target_node_key: 'No active central hub node is configured.' },
        detail: 'No active central hub node is configured.',
      },
    ]);
    await hubs(hubNode('hub'), hubNode('hub-2'));
    expect((await everything(page)).body).toMatchObject({
      selected_target_node_key: null,
      config_error: 'Normal sender mode requires exactly one active central hub node.',
    });
    expect((await page.get(`${base}/overview/?target_node_key=hub-2`)).body.selected_target_node_key).toBe('hub-2');
    await hubs(hubNode('hub-2', false), siteNode(['center-a'], 'site-a', false));
    expect((await everything(page)).body).toMatchObject({
      source_node_key: null,
      config_ready: false,
      config_error: 'No active site node is configured for outbound hub export.',
    });
  });

  it('needs a token', async () => {
    const stranger = await service.as({ roles: ['hub_export:audit'] });
    expect((await everything(stranger)).status).toBe(403);
  });

  function everything(caller: Caller) {
    return caller.get(`${base}/overview/`);
  }

  function admin(): Promise<Caller> {
    return service.as({ roles: ['hub_export:read', 'center_scope:global_admin'] });
  }

  async function item(id: number): Promise<Record<string, unknown>> {
    const { body } = await page.get(`${base}/overview/?target_node_key=hub`);
    return body.items.find((one: { id: number }) => one.id === id);
  }

  async function hubs(...nodes: (ReturnType<typeof hubNode> | ReturnType<typeof siteNode>)[]): Promise<void> {
    let position = 0;
    for (const node of nodes) position = await site.recordNode(node);
    await page.get(`/v1/resources?at_least=${position}`);
  }

  async function tell(number: number | string, otherwise: object): Promise<void> {
    const answer = await page.put(`/v1/resources/report/${hashOf(number)}`, reportSnapshot(number, otherwise));
    expect([answer.status, answer.body.code]).toEqual([200, undefined]);
  }
});
