import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import {
  type Announcer,
  announcer,
  type AuditDatabase,
  type Auditor,
  freshAuditDatabase,
  startAuditor,
} from '../testing/audit.testing.js';
import { alice, at, named, sender, tellFullLife, TestLog } from '../testing/log.testing.js';

// Real here: PostgreSQL, nats-server, the whole service over HTTP. Made up: the log and its relay.
jest.setTimeout(60_000);

let database: AuditDatabase;
let nats: FreshNats;
let relay: Announcer;
let auditor: Auditor;

const hub = {
  type: 'NodeRecorded',
  by: alice,
  node_key: 'hub',
  role: 'central_hub',
  display_name: 'Hub',
  is_active: true,
  owning_center_key: null,
  center_scope: [],
  base_url: 'https://hub.example/',
  profile: 'endoreg-3.0',
  eligible_states: ['VALIDATED'],
  document_digest: 'd'.repeat(64),
} as const;

beforeAll(async () => {
  [database, nats] = [await freshAuditDatabase(), await freshNats()];
  relay = announcer(nats);
  auditor = await startAuditor(database, nats);
  const log = new TestLog();
  await log.tell('node-hub', hub);
  await log.tell('node-other', { ...hub, node_key: 'other' });
  await tellFullLife(log, named('a'));
  const changed = { eligible_states: ['VALIDATED', 'ANONYMIZED'], document_digest: 'e'.repeat(64) } as const;
  await log.tell('node-hub', { ...hub, ...changed, by: sender });
  await log.tell('node-hub', { ...hub, ...changed, document_digest: 'f'.repeat(64) });
  const messages = await log.messages();
  await relay.announce(messages);
  await eventually(async () => (await auditor.integrity()).contiguous_to === messages.length, { what: 'all is there' });
});

afterAll(async () => {
  await auditor.close();
  await relay.close();
  await nats.stop();
  await database.drop();
});

const changes = async (query = '', token = {}) => (await auditor.get(`/v1/audit/changes${query}`, token)).body;

it('tells each change of a node with who, when, before and after', async () => {
  const { items } = await changes('?target_node_key=hub');
  expect(items.map(({ global_seq, by, changed }: Record<string, unknown>) => [global_seq, by, changed])).toEqual([
    [1, alice, expect.arrayContaining(['base_url', 'display_name', 'profile', 'role'])],
    [26, sender, ['document_digest', 'eligible_states']],
    [27, alice, ['document_digest']],
  ]);
  expect(items[0].before).toBeNull();
  expect(items[1]).toMatchObject({
    node_key: 'hub',
    at: at(26),
    before: { eligible_states: ['VALIDATED'], profile: 'endoreg-3.0' },
    after: { eligible_states: ['VALIDATED', 'ANONYMIZED'], profile: 'endoreg-3.0' },
  });
  expect(items[2].before).toEqual(items[1].after);
});

it('is asked by node, by who made it and by time, and goes on behind its cursor', async () => {
  const places = async (query: string) =>
    (await changes(query)).items.map((one: { global_seq: number }) => one.global_seq);
  expect(await places('')).toEqual([1, 2, 26, 27]);
  expect(await places('?target_node_key=other')).toEqual([2]);
  expect(await places('?actor=system:sender')).toEqual([26]);
  expect(await places(`?from=${at(27)}`)).toEqual([27]);
  const { next_cursor } = await changes('?limit=2');
  const { items } = await changes(`?limit=1&cursor=${next_cursor}`);
  // What it was before lies on an earlier page.
  expect(items[0]).toMatchObject({ global_seq: 26, before: { eligible_states: ['VALIDATED'] } });
  expect((await auditor.get('/v1/audit/changes?type=NodeRecorded')).body.code).toBe('invalid_request');
});

it('is seen by those alone who see all centers, and is recorded as read', async () => {
  expect((await changes('', { roles: ['hub_export:audit'], centers: ['center-a'] })).items).toEqual([]);
  expect((await auditor.get('/v1/audit/changes', { roles: ['hub_export:read'] })).status).toBe(403);
  await changes('?target_node_key=hub', { sub: 'anna' });
  const { body } = await auditor.get('/v1/audit/accesses');
  expect(body.items[0]).toMatchObject({ subject: 'anna', view: 'changes', question: 'target_node_key=hub' });
});
