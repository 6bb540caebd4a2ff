import { accessHash, FIRST_ACCESS_HASH, type RecordedAccess } from '@hub-export/record-verification';
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
import { named, tellFullLife, TestLog } from '../testing/log.testing.js';
import { MORE_QUESTIONS, QUESTIONS_MAX } from './access.js';

// Real here: PostgreSQL, nats-server, the whole service over HTTP. Made up: the log and its relay.
jest.setTimeout(60_000);

const transfer = named('a');
let database: AuditDatabase;
let nats: FreshNats;
let relay: Announcer;
let auditor: Auditor;

beforeAll(async () => {
  [database, nats] = [await freshAuditDatabase(), await freshNats()];
  relay = announcer(nats);
  auditor = await startAuditor(database, nats);
  const log = new TestLog();
  await tellFullLife(log, transfer);
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

const asAnna = { sub: 'anna', name: 'Anna' };
const accesses = async (): Promise<readonly RecordedAccess[]> =>
  (await auditor.get('/v1/audit/accesses?limit=200')).body.items as RecordedAccess[];

it('a reading is recorded with who, what and when: lists, one transfer, exports; pages and polls once', async () => {
  for (let poll = 0; poll < 3; poll += 1) {
    await auditor.get(`/v1/audit/events?limit=${poll + 1}&type=TransferFailed&actor=user:alice`, asAnna);
  }
  await auditor.get(`/v1/audit/transfers/${transfer.id}`, asAnna);
  await auditor.get('/v1/audit/export?format=csv', asAnna);
  await auditor.get(`/v1/audit/transfers?center=${encodeURIComponent('Max Muster, born')}`, asAnna);
  const told = await accesses();
  expect(told.map(({ subject, name, view, transfer_id }) => [subject, name, view, transfer_id])).toEqual([
    ['anna', 'Anna', 'transfers', null],
    ['anna', 'Anna', 'export', null],
    ['anna', 'Anna', 'transfer', transfer.id],
    ['anna', 'Anna', 'events', null],
  ]);
  expect(told[3]?.question).toBe('actor=user:alice&type=TransferFailed');
  expect(told[1]?.question).toBe('format=csv');
  // A value that could be any text is told by its digest.
  expect(told[0]?.question).toMatch(/^center=[0-9a-f]{64}$/);
});

it('what was refused or is unknown was not read, and is not recorded', async () => {
  const before = (await accesses()).length;
  await auditor.get('/v1/audit/events?type=TransferFailed', { sub: 'eve', roles: ['hub_export:read'] });
  await auditor.get('/v1/audit/events?from=yesterday', { sub: 'eve' });
  await auditor.get('/v1/audit/transfers/00000000-0000-4000-8000-000000000000', { sub: 'eve' });
  await auditor.get('/v1/audit/integrity', { sub: 'eve' });
  expect(await accesses()).toHaveLength(before);
});

it('is chained, and neither the service nor the owner can change it', async () => {
  const told = [...(await accesses())].reverse();
  told.reduce((before, { place, hash, ...access }, index) => {
    expect([place, hash]).toEqual([index + 1, accessHash(before, place, access)]);
    return hash;
  }, FIRST_ACCESS_HASH);
  await expect(database.query('DELETE FROM audit.accesses')).rejects.toThrow('only ever added to');
});

it('is seen by those alone who see all centers', async () => {
  const ofCenter = { roles: ['hub_export:audit'], centers: ['center-a'] } as const;
  expect((await auditor.get('/v1/audit/accesses', ofCenter)).body).toEqual({ items: [], next_cursor: null });
  expect((await auditor.get('/v1/audit/accesses?cursor=x')).body.code).toBe('invalid_cursor');
});

it(`does not grow without end: beyond ${QUESTIONS_MAX} questions of a reader they are told as one`, async () => {
  for (let place = 0; place < QUESTIONS_MAX + 5; place += 1) {
    await auditor.get(`/v1/audit/events?limit=1&type=Type${place}`, { sub: 'many' });
  }
  const ofMany = (await accesses()).filter(({ subject }) => subject === 'many');
  expect(ofMany).toHaveLength(QUESTIONS_MAX + 1);
  expect(ofMany[0]?.question).toBe(MORE_QUESTIONS);

  // Which transfer was read cannot be hidden behind them.
  await auditor.get(`/v1/audit/transfers/${transfer.id}`, { sub: 'many' });
  expect((await accesses())[0]).toMatchObject({ subject: 'many', view: 'transfer', transfer_id: transfer.id });
});
