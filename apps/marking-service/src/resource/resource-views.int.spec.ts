import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PrivacyService } from '../privacy/privacy.service.js';
import { type PrivacyCase, privacySummary } from '../privacy/k-anonymity.js';
import {
  AT,
  type Caller,
  complete,
  frozen,
  hashOf,
  OPERATIONS,
  reportSnapshot,
  sha256,
  type TestService,
  TestSite,
} from '../testing/marking.testing.js';
import type { ResourceItem } from './resource-item.js';
import { SORTS } from './resource-list.js';
import { IN_TRANSFER, VIEWS } from './resource-views.js';

/** One of each that the views, the sorts and the searches tell apart; the hubs narrow them in different ways. */
const OTHERWISE: readonly object[] = [
  {},
  { center_key: 'center-b', center_name: 'Zentrum 50% B' },
  { anonymization_state: 'ANONYMIZED' },
  { anonymization_state: 'STARTED' },
  { center_key: null },
  { center_key: 'center-z' },
  { processed_media: { present: false } },
  { processing_error: true },
  { file_name: 'Canary-Müller.pdf' },
  ...Array.from({ length: 8 }, (_, place) => ({ created_at: `2026-11-0${place + 1}T10:00:00.123456Z` })),
];
const NUMBERS = OTHERWISE.map((_, place) => place + 1);
/** What becomes of some of them at the hub. */
const FATES = { 10: 'marked', 11: 'queued', 12: 'failed', 13: 'completed', 14: 'unmarked', 15: 'failed' } as const;

describe('the views of the list, with the real PostgreSQL', () => {
  let site: TestSite;
  let service: TestService;
  let all: Caller;

  beforeAll(async () => {
    site = await TestSite.open();
    await site.recordNodes({ hubs: ['hub', 'hub-2'] });
    service = await site.service();
    all = await service.as({ roles: ['hub_export:write', 'hub_export:site', 'center_scope:global_admin'] });
    for (const [place, otherwise] of OTHERWISE.entries()) {
      const number = place + 1;
      const answer = await all.put(`/v1/resources/report/${hashOf(number)}`, reportSnapshot(number, otherwise));
      expect([number, answer.status]).toEqual([number, 200]);
    }
    for (const [number, fate] of Object.entries(FATES)) await meet(Number(number), fate);
    await all.get(`/v1/resources?at_least=${await site.transferLog.position()}`);
  });

  afterAll(() => site.close());

  describe.each([['hub'], ['hub-2'], [null]])('for the hub %s', (target) => {
    const asked = target === null ? '' : `&target_node_key=${target}`;

    it('hold what their names say', async () => {
      const items = await everything(`view=all${asked}`);
      expect(items.map(({ local_id }) => local_id).sort(ascending)).toEqual(NUMBERS);
      const status = ({ transfer }: ResourceItem) => transfer?.status ?? 'not_marked';
      const members: Record<(typeof VIEWS)[number], (item: ResourceItem) => boolean> = {
        exportable: (item) => exportable(item) && status(item) !== 'completed',
        blocked: (item) => !item.eligible && status(item) !== 'completed',
        in_transfer: (item) => IN_TRANSFER.includes(status(item)),
        failed: (item) => status(item) === 'failed',
        completed: (item) => status(item) === 'completed',
        all: () => true,
      };
      for (const view of VIEWS) {
        const expected = items.filter(members[view]).map(({ local_id }) => local_id);
        expect([view, (await everything(`view=${view}${asked}`)).map(({ local_id }) => local_id)]).toEqual([
          view,
          expected,
        ]);
      }
    });

    it('are counted as they are listed, however they are narrowed', async () => {
      for (const narrowed of [
        '',
        '&kind=report',
        '&center=center-b',
        '&state=VALIDATED',
        '&status=failed',
        '&q=center',
      ]) {
        const { counts } = (await all.get(`/v1/resources/counts?${narrowed}${asked}`.replace('?&', '?'))).body;
        for (const { view, count } of counts) {
          const listed = await everything(`view=${view}${narrowed}${asked}`);
          expect([narrowed, view, count]).toEqual([narrowed, view, listed.length]);
        }
      }
    });

    it('have their privacy summed up as the rule says', async () => {
      const hashes = await site.rows<{ resource_hash: string; examination_hash: string | null }>(
        'SELECT resource_hash, examination_hash FROM marking.resources',
      );
      const examinations = new Map(hashes.map((row) => [row.resource_hash, row.examination_hash]));
      const items = await everything(`view=all${asked}`);
      const cases = items.map((item): PrivacyCase => ({
        ...item.privacy,
        resource_kind: item.resource_kind,
        resource_hash: item.resource_hash,
        examination_hash: examinations.get(item.resource_hash) ?? null,
        center_key: item.center_key,
        eligible: item.eligible,
        marked: item.transfer !== null,
      }));
      const body = target === null ? {} : { target_node_key: target };
      expect((await all.post('/v1/privacy-summary', body)).body).toEqual(privacySummary(cases, 5));
      const chosen = cases.filter((_, place) => place % 2 === 0);
      const resources = chosen.map(({ resource_kind, resource_hash }) => ({ resource_kind, resource_hash }));
      expect((await all.post('/v1/privacy-summary', { ...body, resources })).body).toEqual(privacySummary(chosen, 5));
    });
  });

  it.each(SORTS)('are sorted by %s, and paged through once, both ways', async (sort) => {
    const whole = await everything(`view=all&sort=${sort}&direction=asc`, 200);
    for (const direction of ['asc', 'desc']) {
      const paged = await everything(`view=all&sort=${sort}&direction=${direction}`, 3);
      const expected = direction === 'asc' ? whole : [...whole].reverse();
      expect(paged.map(({ local_id }) => local_id)).toEqual(expected.map(({ local_id }) => local_id));
    }
    const shown: Partial<Record<(typeof SORTS)[number], (item: ResourceItem) => string | number>> = {
      created_at: ({ created_at }) => created_at,
      local_id: ({ local_id }) => local_id ?? 0,
      center: ({ center_key }) => center_key ?? '',
      anonymization_state: ({ anonymization_state }) => anonymization_state,
      status: ({ transfer }) =>
        ['not_marked', 'marked', 'queued', 'completed', 'failed'].indexOf(transfer?.status ?? 'not_marked'),
    };
    const keys = whole.map((item) => shown[sort]?.(item) ?? 0);
    expect(keys).toEqual([...keys].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0)));
  });

  it('take no cursor of another sort, and none that they did not give', async () => {
    const { body } = await all.get('/v1/resources?view=all&limit=1&sort=center');
    const answers = [
      await all.get(`/v1/resources?view=all&sort=local_id&cursor=${body.next_cursor}`),
      ...(await Promise.all(
        [
          ['created_at', "x'; DROP"],
          ['local_id', 'x'],
          ['status', '99'],
        ].map(([sort = '', key = '']) => {
          const cursor = Buffer.from(JSON.stringify([sort, key, 'report', 'a'])).toString('base64url');
          return all.get(`/v1/resources?view=all&sort=${sort}&cursor=${cursor}`);
        }),
      )),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [400, 'invalid_cursor']));
  });

  it('say in each line what is in the way first, and what to do', async () => {
    const items = new Map((await everything('view=all&target_node_key=hub')).map((item) => [item.local_id, item]));
    const gate = (number: number) => items.get(number)?.blocking_gate;
    expect(gate(1)).toMatchObject({
      name: 'marked',
      code: 'not_marked',
      who: 'operator',
      remedy: expect.stringMatching(/\w/),
    });
    expect(gate(4)).toMatchObject({
      name: 'anonymized',
      code: 'not_anonymized',
      sentence: 'The resource is not anonymized.',
    });
    expect(gate(10)).toMatchObject({ name: 'queued', code: 'not_queued' });
    expect(gate(12)).toMatchObject({ name: 'queued', code: 'hub_unreachable', who: 'nobody' });
    expect(gate(13)).toBeNull();
    expect(items.get(11)?.transfer).toMatchObject({ status: 'queued', media_size: 4_096 });
    expect(items.get(12)?.transfer).toMatchObject({
      last_failure_code: 'hub_unreachable',
      last_failure_class: 'transient',
    });
  });

  it('keep file names to themselves unless the site switches them on', async () => {
    const told = await all.get(`/v1/resources?view=all&q=${hashOf(9).slice(0, 16)}`);
    expect(JSON.stringify((await all.get('/v1/resources?view=all&limit=200')).body)).not.toContain('Canary');
    expect((await all.get('/v1/resources?view=all&q=canary')).body.items).toEqual([]);
    expect(told.body.items[0]).toMatchObject({ local_id: 9, file_name: null });
    const open = await (await site.service({ showsFileNames: true })).as();
    const found = await open.get('/v1/resources?view=all&q=canary-m');
    expect(found.body.items).toEqual([expect.objectContaining({ local_id: 9, file_name: 'Canary-Müller.pdf' })]);
  });

  it('find a part of a center’s name, with every sign taken as it is', async () => {
    expect((await everything('view=all&q=50%25')).map(({ local_id }) => local_id)).toEqual([2]);
    expect((await everything('view=all&q=5_%25')).length).toBe(0);
  });

  it('sum up the privacy of nobody else’s resources', async () => {
    const bob = await service.as({ centers: ['center-b'], roles: ['hub_export:read'] });
    const resources = [1, 2, 10].map((id) => ({ resource_kind: 'report', id }));
    expect((await bob.post('/v1/privacy-summary', { target_node_key: 'hub', resources })).body).toMatchObject({
      marked_resource_count: 0,
      eligible_resource_count: 0,
      status: 'unavailable',
      smallest_equivalence_class_size: null,
    });
    expect((await bob.post('/v1/privacy-summary', { resources: [{ resource_kind: 'x' }] })).status).toBe(400);
    expect(service.made.app.get(PrivacyService)).toBeDefined();
  });

  it('stand the same after they were built again from the log', async () => {
    const before = await site.rows('SELECT * FROM marking.resources ORDER BY resource_hash');
    const { ProjectionRunner } = await import('@hub-export/event-store');
    await service.made.app.get(ProjectionRunner).rebuild();
    expect(await site.rows('SELECT * FROM marking.resources ORDER BY resource_hash')).toEqual(before);
  });

  async function meet(number: number, fate: (typeof FATES)[keyof typeof FATES]): Promise<void> {
    const resources = [{ resource_kind: 'report', id: number }];
    const { body } = await all.post('/v1/marks', { target_node_key: 'hub', resources });
    const transferId: string = body.results[0].transfer_id;
    if (fate === 'completed') await complete(site, transferId, number);
    if (fate === 'unmarked') await all.post('/v1/unmarks', { target_node_key: 'hub', resources });
    if (fate === 'queued' || fate === 'failed') {
      const media = frozen(sha256(`media ${number}`));
      await site.appendTransfer(transferId, {
        type: 'TransferQueued',
        at: AT,
        by: OPERATIONS,
        reason: 'operator',
        frozen: media,
      });
    }
    if (fate === 'failed') await fail(transferId);
  }

  async function fail(transferId: string): Promise<void> {
    const attempt = {
      at: AT,
      by: { kind: 'system', reason: 'sender' } as const,
      attempt: 1,
      attempt_id: '6f1f8a52-4a43-4b7e-9d3b-0d6a4a1c7a10',
      lease_token: 1,
    };
    const eligibility = { eligible: true, resource_version: 1 };
    await site.appendTransfer(transferId, {
      type: 'RegistrationStarted',
      ...attempt,
      payload_digest: sha256('payload'),
      eligibility,
    });
    await site.appendTransfer(transferId, {
      type: 'TransferFailed',
      ...attempt,
      stage: 'registration',
      failure_class: 'transient',
      code: 'hub_unreachable',
      retryable: true,
      retries_exhausted: false,
      not_before: '2026-11-02T09:00:00.000Z',
      bytes_sent: 0,
    } as never);
  }

  async function everything(query: string, limit = 5): Promise<readonly ResourceItem[]> {
    const items: ResourceItem[] = [];
    let cursor: string | null = null;
    do {
      const { status, body } = await all.get(
        `/v1/resources?${query}&limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      expect([query, status]).toEqual([query, 200]);
      items.push(...body.items);
      cursor = body.next_cursor;
    } while (cursor !== null && items.length <= NUMBERS.length);
    return items;
  }
});

/** Anonymized and complete, whatever a hub asks beyond that. */
function exportable({ reasons }: ResourceItem): boolean {
  const narrowing = [
    'center_missing',
    'center_out_of_scope',
    'center_not_of_node',
    'state_not_accepted_by_hub',
    'pseudonyms_missing',
  ];
  return reasons.every(({ code }) => narrowing.includes(code));
}

function ascending(one: number | null, other: number | null): number {
  return (one ?? 0) - (other ?? 0);
}
