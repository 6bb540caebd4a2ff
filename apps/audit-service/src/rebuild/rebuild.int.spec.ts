import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  canonicalJson,
  cloudEventText,
  entryHash,
  entryText,
  GENESIS_HASH,
  type RecordedEvent,
  sha256Hex,
} from '@hub-export/contracts';
import { ServiceDatabase } from '@hub-export/service-runtime';
import { entryOf } from '../entry/entry.js';
import { EntryService, GROUP_MAX } from '../entry/entry.service.js';
import { ViewsProjection } from '../record/views.projection.js';
import { type AuditDatabase, contentOf, freshAuditDatabase } from '../testing/audit.testing.js';
import { named, TestLog, tellFullLife } from '../testing/log.testing.js';
import { TreeService } from '../tree/tree.service.js';

// Real here: PostgreSQL. The messages are those of the bus, byte for byte, kept in a table; `REBUILD_EVENTS=1000000 npm
// test -- apps/audit-service/src/rebuild` measures a million.
const EVENTS = Number(process.env['REBUILD_EVENTS'] ?? 1_200);
jest.setTimeout(120_000 + EVENTS * 10);

let database: AuditDatabase;
let service: ServiceDatabase;
/** Events of one life. */
let lifeLength: number;

beforeAll(async () => {
  database = await freshAuditDatabase();
  service = new ServiceDatabase({
    url: database.url,
    applicationName: 'rebuild',
    pipeline: true,
    report: () => undefined,
  });
  await service.onApplicationBootstrap();
  await database.query('CREATE TABLE messages (sequence bigint PRIMARY KEY, body text NOT NULL)');
  await fill();
});

afterAll(async () => {
  await service.onApplicationShutdown();
  await database.drop();
});

describe('the record', () => {
  it('is rebuilt from its messages, in a time that is told beside reading them alone', async () => {
    const raw = await timed(async () => expect(await read(async () => undefined)).toBe(EVENTS));
    const rebuild = await timed(async () => expect(await read(taken())).toBe(EVENTS));
    const { contiguous_to } = (await database.query<{ contiguous_to: string }>('SELECT * FROM audit.progress'))[0]!;
    expect(Number(contiguous_to)).toBe(EVENTS);
    expect(await database.query('SELECT * FROM audit.findings')).toEqual([]);
    expect(await database.query('SELECT * FROM audit.actions WHERE NOT folded LIMIT 1')).toEqual([]);
    const [held] = await database.query<{ lives: string }>('SELECT count(*) AS lives FROM audit.transfers');
    expect(Number(held?.lives)).toBe(Math.ceil((EVENTS - 1) / lifeLength));
    process.stdout.write(
      `Rebuild of ${EVENTS} events: ${rebuild.toFixed(1)} s (${Math.round(EVENTS / rebuild)}/s); reading them raw: ` +
        `${raw.toFixed(1)} s (${Math.round(EVENTS / raw)}/s); ratio ${(rebuild / raw).toFixed(1)}\n`,
    );
  });

  it('is the same when it is dropped and rebuilt, in groups of another size', async () => {
    if (EVENTS > 10_000) return;
    const before = await contentOf(database);
    const tables = ['entries', 'findings', 'transfers', 'transfer_actors', 'actions', 'resources', 'tree_tiles'];
    for (const table of tables) await database.query(`ALTER TABLE audit.${table} DISABLE TRIGGER ALL`);
    await database.query(`TRUNCATE ${tables.map((table) => `audit.${table}`).join()}`);
    await database.query('UPDATE audit.progress SET contiguous_to = 0, seen_to = 0');
    await read(taken(), 37);
    expect(await contentOf(database)).toEqual(before);
  });
});

type Take = (messages: readonly { readonly sequence: string; readonly body: string }[]) => Promise<void>;

function taken(): Take {
  const entries = new EntryService(service, new ViewsProjection(), new TreeService());
  return async (messages) => {
    const read = messages.map(({ body, sequence }) => {
      const entry = entryOf(new TextEncoder().encode(body), Number(sequence));
      if ('fault' in entry) throw new Error(entry.fault);
      return entry;
    });
    await Promise.all(read.map((entry) => entries.add(entry)));
  };
}

/** The next messages are read and checked while the last ones are stored, as in the service; no more than those. */
async function read(take: Take, page = GROUP_MAX): Promise<number> {
  let count = 0;
  let taking: Promise<unknown> = Promise.resolve();
  for (let after = 0; ; after += page) {
    const messages = await database.query<{ sequence: string; body: string }>(
      'SELECT sequence, body FROM messages WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence',
      [after, after + page],
    );
    const next = take(messages);
    await taking;
    if (messages.length === 0) return count;
    taking = next;
    count += messages.length;
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

/** One life after the other, each of another resource, with the chain that the log would have. */
async function fill(): Promise<void> {
  const log = new TestLog();
  const life = named('a');
  await tellFullLife(log, life);
  const events = await log.events();
  lifeLength = events.length;
  const texts = events.map(bodyText);
  const datas = events.map(({ data }) => canonicalJson(data));
  let hash = GENESIS_HASH;
  let bodies: string[] = [];
  for (let globalSeq = 1; globalSeq <= EVENTS; globalSeq += 1) {
    const [number, place] = [Math.floor((globalSeq - 1) / events.length), (globalSeq - 1) % events.length];
    const event = events[place]!;
    const mark = sha256Hex(`life ${number}`);
    const renamed = (text: string): string =>
      text
        .replaceAll(life.hash, mark)
        .replaceAll(life.id, asUuid(mark))
        .replaceAll('5f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11', asUuid(mark));
    const entry = {
      ...event,
      globalSeq,
      streamId: renamed(event.streamId),
      id: asUuid(sha256Hex(`event ${globalSeq}`)),
    };
    hash = entryHash(hash, entryText({ ...entry, dataText: renamed(datas[place]!) }));
    bodies.push(renamed(texts[place]!).replace(PLACE, String(globalSeq)).replace(HASH, hash).replace(ID, entry.id));
    if (bodies.length === 1_000 || globalSeq === EVENTS) {
      await database.query(
        'INSERT INTO messages SELECT $1 + place, body FROM unnest($2::text[]) WITH ORDINALITY AS m(body, place)',
        [globalSeq - bodies.length, bodies],
      );
      bodies = [];
    }
  }
}

/** What stands in a pattern for that which differs from message to message, and nowhere else in it. */
const [PLACE, HASH, ID] = ['123454321', 'f'.repeat(64), '00000000-0000-4000-8000-00000000f111'];

/** The message of an event as a pattern: making a million of them anew would take longer than their rebuild. */
function bodyText(event: RecordedEvent): string {
  return cloudEventText({ ...event, globalSeq: Number(PLACE), hash: HASH, id: ID });
}

/** Version and variant are those of a UUID; with others the contract refuses the event, and no view would hold it. */
function asUuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
