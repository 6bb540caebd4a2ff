import { GENESIS_HASH, entryHash, entryText } from '@hub-export/contracts';
import type { BusMessage } from '@hub-export/jetstream';
import { publishTo } from '@hub-export/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { ENTRY_COLUMNS } from './entry/entry.table.js';
import type { Entry } from './entry/entry.js';
import { entryOf } from './entry/entry.js';
import { EntryService } from './entry/entry.service.js';
import { ParkedRetry } from './entry/parked-retry.worker.js';
import {
  type Announcer,
  announcer,
  type AuditDatabase,
  type Auditor,
  contentOf,
  freshAuditDatabase,
  startAuditor,
} from './testing/audit.testing.js';
import { alice, named, queued, refused, TestLog, tellFullLife } from './testing/log.testing.js';

// Real here: PostgreSQL, nats-server, the whole service. Made up: the log and its relay.
jest.setTimeout(60_000);

let messages: readonly BusMessage[];
/** What the record holds after an undisturbed run. */
let calm: Readonly<Record<string, string>>;

let database: AuditDatabase;
let nats: FreshNats;
let relay: Announcer;
const running: Auditor[] = [];

beforeAll(async () => {
  const log = new TestLog();
  const [one, two] = [named('a'), named('b', 'center-b')];
  // A refusal that names the transfer before it is marked: where a list begins must not depend on it.
  await log.tell('refusal-8f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11', refused('queue', 'not_marked', two.marked));
  await tellFullLife(log, one);
  await log.tell(two.stream, two.marked, queued(), { type: 'TransferHeld', by: alice, reason: 'operator' });
  messages = await log.messages();
  await fresh();
  await start();
  await relay.announce(messages);
  await untilAllIsThere();
  calm = await contentOf(database);
  await end();
});

beforeEach(fresh);
afterEach(end);
afterAll(end);

async function fresh(): Promise<void> {
  [database, nats] = [await freshAuditDatabase(), await freshNats()];
  relay = announcer(nats);
}

async function end(): Promise<void> {
  if (relay === undefined) return;
  await Promise.all(running.splice(0).map((auditor) => auditor.close()));
  await relay.close();
  await nats.stop();
  await database.drop();
  relay = undefined as unknown as Announcer;
}

async function start(variables: Readonly<Record<string, string>> = {}): Promise<Auditor> {
  const auditor = await startAuditor(database, nats, variables);
  running.push(auditor);
  return auditor;
}

async function stop(auditor: Auditor): Promise<void> {
  running.splice(running.indexOf(auditor), 1);
  await auditor.close();
}

async function place(): Promise<number> {
  const [row] = await database.query<{ at: string }>('SELECT contiguous_to AS at FROM audit.progress');
  return Number(row?.at);
}

const untilPlace = (wanted: number): Promise<unknown> =>
  eventually(async () => (await place()) === wanted, { what: `the record reaches ${wanted}`, withinMs: 20_000 });
const untilAllIsThere = (): Promise<unknown> => untilPlace(messages.length);

/** The entries in any order, handed straight to the record. */
async function add(auditor: Auditor, order: readonly number[]): Promise<void> {
  const record = auditor.app.get(EntryService);
  await eventually(() => record.checkpoint(), { what: 'the service has found its database' });
  for (const sequence of order) {
    const entry = entryOf(new TextEncoder().encode(String(messages[sequence - 1]?.body)), sequence);
    if ('fault' in entry) throw new Error(`The test's entry is none: ${entry.fault}.`);
    let { more } = await record.add(entry);
    while (more) more = await record.advance();
  }
}

const all = (): readonly number[] => messages.map(({ sequence }) => sequence);

describe('whatever way the events come, the record and its views are the same to the byte', () => {
  it('also when they come in reverse, twice, and then all over again', async () => {
    const auditor = await start();
    await add(
      auditor,
      [...all()].reverse().flatMap((sequence) => [sequence, sequence]),
    );
    expect(await contentOf(database)).toEqual(calm);
    await add(auditor, all());
    expect(await contentOf(database)).toEqual(calm);
    expect(await auditor.integrity()).toMatchObject({ complete: true, chain: 'intact', entries: messages.length });
  });

  it('also when several write at once', async () => {
    const auditor = await start();
    const other = await start();
    const shuffled = all().map((sequence, at, whole) => whole[(at * 7) % whole.length] ?? sequence);
    await Promise.all([add(auditor, shuffled), add(other, [...shuffled].reverse()), add(auditor, all())]);
    expect(await contentOf(database)).toEqual(calm);
  });

  it('also with two processes on the bus, of which one goes away half-way', async () => {
    const [one] = [await start(), await start()];
    await relay.announce(messages.slice(0, 10));
    await untilPlace(10);
    await stop(one);
    await relay.announce(messages);
    await untilAllIsThere();
    expect(await contentOf(database)).toEqual(calm);
  });

  it('also when the bus delivers everything again, since its durable was deleted', async () => {
    await stop(await announcedTo(await start()));
    const connection = await relay.bus.connection();
    await connection.request('$JS.API.CONSUMER.DELETE.HUB_EXPORT.audit');
    // Without a place of its own to go on from, the service hears all of it once more.
    const checkpoint = jest.spyOn(EntryService.prototype, 'checkpoint').mockResolvedValue(0);
    const again = await start();
    await eventually(() => again.ingest.stats().handled === messages.length, { what: 'all is heard again' });
    checkpoint.mockRestore();
    expect(await contentOf(database)).toEqual(calm);
  });

  it('also when the bus loses its disk, and the service goes on behind what it has', async () => {
    const auditor = await announcedTo(await start(), messages.slice(0, 12));
    await nats.wipe();
    await relay.announce(messages);
    await untilAllIsThere();
    expect(await contentOf(database)).toEqual(calm);
    const { handled, created } = auditor.ingest.stats();
    expect([handled, created]).toEqual([messages.length, 2]);
  });

  it('also when the service was down while things happened', async () => {
    await stop(await announcedTo(await start(), messages.slice(0, 5)));
    await relay.announce(messages);
    await start();
    await untilAllIsThere();
    expect(await contentOf(database)).toEqual(calm);
  });

  it('also when the views are emptied and folded anew', async () => {
    const auditor = await start();
    await add(auditor, all());
    await database.query('TRUNCATE audit.transfers, audit.transfer_actors, audit.actions, audit.resources');
    await database.query('UPDATE audit.progress SET contiguous_to = 0');
    await add(auditor, [messages.length]);
    expect(await contentOf(database)).toEqual(calm);
  });

  async function announcedTo(auditor: Auditor, told = messages): Promise<Auditor> {
    await relay.announce(told);
    await untilPlace(told.length);
    return auditor;
  }
});

describe('the record', () => {
  it('holds each entry as the log has it, so that anybody can compute the chain again', async () => {
    await start();
    await relay.announce(messages);
    await untilAllIsThere();
    const entries = await database.query<Entry>(`SELECT ${ENTRY_COLUMNS} FROM audit.entries ORDER BY global_seq`);
    const last = entries.reduce((before, entry) => entryHash(before, entryText(entry)), GENESIS_HASH);
    expect(last).toBe(entries.at(-1)?.hash);
    expect(entries).toHaveLength(messages.length);
  });

  it('says which entries are missing, keeps what lies behind them, and shows nothing of that before the gap closes', async () => {
    const auditor = await start();
    await add(
      auditor,
      all().filter((sequence) => ![4, 5, 9].includes(sequence)),
    );
    expect(await auditor.integrity()).toMatchObject({
      complete: false,
      position: messages.length,
      contiguous_to: 3,
      missing: [
        { from: 4, to: 5 },
        { from: 9, to: 9 },
      ],
      missing_count: 3,
      entries: messages.length - 3,
    });
    expect((await auditor.get('/v1/audit/events')).body.items).toHaveLength(3);
    expect((await auditor.get('/v1/audit/events?at_least=4')).body.code).toBe('position_not_reached');
    expect((await auditor.get('/v1/audit/integrity?at_least=20')).status).toBe(200);
    await add(auditor, [9, 5]);
    expect(await auditor.integrity()).toMatchObject({
      complete: false,
      missing: [{ from: 4, to: 4 }],
      contiguous_to: 3,
    });
    await add(auditor, [4]);
    expect(await contentOf(database)).toEqual(calm);
  });

  it('names the entry of which one byte was changed, and goes on', async () => {
    const flipped = 12;
    const auditor = await start();
    await relay.announce(messages.map((message) => (message.sequence === flipped ? changed(message) : message)));
    await untilAllIsThere();
    const integrity = await auditor.integrity();
    expect(integrity).toMatchObject({ complete: true, chain: 'broken', first_bad: flipped, finding_count: 1 });
    expect(integrity.findings).toEqual([{ global_seq: flipped, code: 'hash_mismatch', found_at: expect.any(String) }]);
    const transfer = await auditor.get(`/v1/audit/transfers/${named('a').id}`);
    expect(transfer.body.findings).toEqual([{ global_seq: flipped, code: 'hash_mismatch' }]);
    expect(auditor.logged()).toContainEqual(
      expect.objectContaining({ event: 'audit_chain_broken', position: flipped }),
    );
    expect((await auditor.get('/metrics')).text).toMatch(/audit_chain_findings{.*} 1\n/);
  });

  it('names a changed entry whatever comes first, the entry or its neighbours', async () => {
    const auditor = await start();
    const record = auditor.app.get(EntryService);
    await add(auditor, [1, 2, 4, 5]);
    const third = entryOf(new TextEncoder().encode(String(messages[2]?.body)), 3) as Entry;
    const wrongHash = { ...third, hash: 'e'.repeat(64) };
    expect((await record.add(wrongHash)).findings).toEqual([
      { global_seq: 3, code: 'hash_mismatch' },
      { global_seq: 4, code: 'hash_mismatch' },
    ]);
    expect(await auditor.integrity()).toMatchObject({ chain: 'broken', first_bad: 3, finding_count: 2 });
  });

  it('keeps what it heard first when the bus tells another story later, and says so', async () => {
    const auditor = await start();
    await add(auditor, all());
    const entry = entryOf(new TextEncoder().encode(String(changed(messages[4] as BusMessage).body)), 5) as Entry;
    const record = auditor.app.get(EntryService);
    expect((await record.add(entry)).findings).toEqual([{ global_seq: 5, code: 'entry_conflict' }]);
    expect((await record.add(entry)).findings).toEqual([]);
    expect(await contentOf(database)).toEqual(calm);
    expect(await auditor.integrity()).toMatchObject({ chain: 'broken', first_bad: 5 });
  });
});

describe('a message that is no entry', () => {
  it('is put aside and told as missing at once, and what follows is not held back', async () => {
    const auditor = await start();
    await relay.announce(messages.slice(0, 2));
    await publishTo(relay.bus, { subject: 'hub-export.v1.transfer.Nonsense.x', body: '{"half', id: 'nonsense' });
    await eventually(async () => (await auditor.integrity()).missing_count === 1, { what: 'the gap is told' });
    expect(await auditor.integrity()).toMatchObject({ complete: false, position: 3, missing: [{ from: 3, to: 3 }] });
    await relay.announce(messages.slice(0, 6));
    await eventually(async () => (await auditor.integrity()).entries === 5, { what: 'the rest is there' });
    const [parked] = await auditor.ingest.listParked(10);
    expect(parked).toMatchObject({ sequence: 3, reason: 'not_json' });
    expect(auditor.logged()).toContainEqual(
      expect.objectContaining({ event: 'audit_entry_unreadable', position: 3, code: 'not_json' }),
    );
  });

  it('is tried again by itself while entries are missing, and taken in once it can be', async () => {
    const auditor = await start();
    const record = auditor.app.get(EntryService);
    const add = record.add.bind(record);
    record.add = async (entry) => {
      // A bug of an earlier version, which a later one has mended.
      if (entry.globalSeq === 3) throw new TypeError('The version of yesterday stumbles here.');
      return add(entry);
    };
    await relay.announce(messages.slice(0, 2));
    await publishTo(relay.bus, { ...(messages[2] as BusMessage), subject: messages[2]?.subject ?? '' });
    await eventually(() => auditor.ingest.stats().retried === 1, { what: 'the first try failed' });
    expect(auditor.logged()).toContainEqual(
      expect.objectContaining({ event: 'audit_ingest_failed', error_name: 'TypeError' }),
    );
    expect(JSON.stringify(auditor.logged())).not.toContain('stumbles');
    record.add = add;
    await untilPlace(3);
    expect(await auditor.app.get(ParkedRetry).runOnce()).toBe(0);
  });
});

describe('a service whose needs are away', () => {
  it('says what is missing, and goes on when it is there: the database, its schema, the bus', async () => {
    await nats.kill();
    await database.query('ALTER SCHEMA audit RENAME TO elsewhere');
    const auditor = await start();
    const codes = async (): Promise<Record<string, string>> => {
      const { checks } = (await auditor.get('/health/ready')).body;
      return Object.fromEntries(
        checks.map((check: { name: string; code?: string }) => [check.name, check.code ?? 'up']),
      );
    };
    await eventually(async () => (await codes())['database'] === 'schema_missing', { what: 'the schema is missed' });
    expect(await codes()).toMatchObject({ bus: 'bus_down' });
    const answer = await auditor.get('/v1/audit/transfers');
    expect([answer.status, answer.body.code]).toEqual([503, 'schema_missing']);

    await nats.restart();
    await relay.announce(messages);
    await eventually(async () => (await codes())['bus'] === 'up', { what: 'the bus is there', withinMs: 20_000 });
    await database.query('ALTER SCHEMA elsewhere RENAME TO audit');
    await untilAllIsThere();
    expect(await contentOf(database)).toEqual(calm);
    await eventually(async () => (await auditor.get('/health/ready')).status === 200, { what: 'it is ready' });
    expect((await auditor.ingest.listParked(1)).length).toBe(0);
  });

  it('is alive without a database, and finds it later', async () => {
    const auditor = await startAuditor({ serviceUrl: 'postgres://nobody@127.0.0.1:9/none' }, nats);
    expect((await auditor.get('/health/live')).status).toBe(200);
    expect((await auditor.get('/health/ready')).body.checks[0]).toMatchObject({
      name: 'database',
      code: 'database_down',
    });
    const answer = await auditor.get('/v1/audit/events');
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
    await auditor.close();
  });

  it('loses nothing when its sessions are cut while it works', async () => {
    const auditor = await start();
    const name = new URL(database.serviceUrl).username;
    for (let told = 3; told <= messages.length; told += 3) {
      await relay.announce(messages.slice(0, told));
      await database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [name]);
    }
    await relay.announce(messages);
    await untilAllIsThere();
    expect(await contentOf(database)).toEqual(calm);
    expect(await auditor.ingest.listParked(1)).toEqual([]);
  });
});

/** The message with one letter of its data changed. */
function changed(message: BusMessage): BusMessage {
  const body = String(message.body)
    .replace('"kind":"user"', '"kind":"usfr"')
    .replace('"reason":"sender"', '"reason":"sendes"');
  if (body === message.body) throw new Error('The message has nothing to change.');
  return { ...message, body };
}
