import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import type { DevToken } from '@hub-export/http-edge';
import { ServiceDatabase } from '@hub-export/service-runtime';
import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type Announcer,
  announcer,
  type AuditDatabase,
  type Auditor,
  freshAuditDatabase,
  startAuditor,
} from '../testing/audit.testing.js';
import { at, named, tellFullLife, TestLog } from '../testing/log.testing.js';
import { EXPORT_BATCH } from './export.service.js';

// Real here: PostgreSQL, nats-server, the whole service over HTTP. Made up: the log and its relay; the large one is
// written into the tables.
jest.setTimeout(120_000);

const LARGE = 40_000;
const one = named('a');
const other = named('b', 'center-b');

let database: AuditDatabase;
let nats: FreshNats;
let relay: Announcer;
let auditor: Auditor;
let end: number;

beforeAll(async () => {
  [database, nats] = [await freshAuditDatabase(), await freshNats()];
  relay = announcer(nats);
  auditor = await startAuditor(database, nats, { RECHECK_ENTRIES_PER_SECOND: '0', EXPORT_IDLE_SECONDS: '1' });
  const log = new TestLog();
  await tellFullLife(log, one);
  await tellFullLife(log, other);
  const messages = await log.messages();
  end = messages.length;
  await relay.announce(messages);
  await eventually(async () => (await auditor.integrity()).contiguous_to === end, { what: 'all is in the record' });
});

afterAll(async () => {
  await auditor.close();
  await relay.close();
  await nats.stop();
  await database.drop();
});

const ofCenterB = { roles: ['hub_export:audit'], centers: ['center-b'] } as const;

async function exported(query: string, token = {}) {
  const { headers, text, body } = await auditor.get(`/v1/audit/export?${query}`, token);
  return { headers, text: text ?? String(body) };
}

const linesOf = (text: string): readonly { global_seq: number }[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { global_seq: number });

describe('an export', () => {
  it('has everything that the list has, line by line, and says how far it reaches', async () => {
    const { items } = (await auditor.get('/v1/audit/events?limit=200')).body;
    const { text, headers } = await exported('format=ndjson');
    expect(linesOf(text)).toEqual(items);
    expect(headers['hub-export-through']).toBe(String(end));
    expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(headers['content-disposition']).toBe('attachment; filename="audit.ndjson"');
  });

  it.each(['type=TransferFailed', `from=${at(4)}&to=${at(6)}`, `transfer_id=${other.id}&outcome=failed`])(
    'is narrowed as the list is, by %s',
    async (query) => {
      const { items } = (await auditor.get(`/v1/audit/events?limit=200&${query}`)).body;
      expect(items.length).toBeGreaterThan(0);
      expect(linesOf((await exported(`format=ndjson&${query}`)).text)).toEqual(items);
    },
  );

  it('goes on behind the last line that the caller has, in every form', async () => {
    const whole = (await exported('format=ndjson')).text;
    expect(linesOf((await exported('format=ndjson&after=20')).text)).toEqual(linesOf(whole).slice(20));
    const csv = (await exported('format=csv')).text.split('\r\n');
    expect(csv).toHaveLength(end + 2);
    expect((await exported('format=csv&after=20')).text.split('\r\n')).toEqual(csv.slice(21));
    const fhir = (await exported(`format=fhir&after=${end - 1}`)).text;
    expect(JSON.parse(fhir)).toMatchObject({
      resourceType: 'AuditEvent',
      extension: [{ valueString: String(end) }, {}],
    });
    expect((await exported(`format=ndjson&after=${end}`)).text).toBe('');
  });

  it('holds the events of the auditor’s centers alone', async () => {
    const { text } = await exported('format=ndjson', ofCenterB);
    expect(new Set(linesOf(text).map((line) => (line as { center_key?: string }).center_key))).toEqual(
      new Set(['center-b']),
    );
  });

  it.each([
    ['format=xml', 400, 'invalid_request'],
    ['', 400, 'invalid_request'],
    ['format=csv&after=-1', 400, 'invalid_request'],
    ['format=csv&limit=5', 400, 'invalid_request'],
    [`format=csv&from=${at(9)}&to=${at(8)}`, 400, 'invalid_range'],
  ])('of %s is answered with %i %s', async (query, status, code) => {
    const answer = await auditor.get(`/v1/audit/export?${query}`);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('needs the role of an auditor', async () => {
    expect((await auditor.get('/v1/audit/export?format=csv', { roles: ['hub_export:read'] })).status).toBe(403);
  });
});

describe(`an export of ${LARGE} events`, () => {
  beforeAll(async () => {
    await database.query(LARGE_LOG, [end, LARGE]);
  });

  it('takes no more from the database than its slow taker takes from it', async () => {
    const rows = jest.spyOn(ServiceDatabase.prototype, 'rows');
    const stream = await begun('format=ndjson&type=Filler');
    const batches = (): number => rows.mock.calls.filter(([sql]) => sql.includes('WITH page')).length;
    let [received, ahead] = [0, 0];
    for await (const chunk of stream) {
      received += String(chunk).split('\n').length - 1;
      ahead = Math.max(ahead, batches() - Math.ceil(received / EXPORT_BATCH));
    }
    rows.mockRestore();
    expect(received).toBe(LARGE);
    // What the sockets between the two hold, of 80 batches.
    expect(ahead).toBeLessThan(40);
  });

  it('frees its place when the taker hangs up, and four at a time are the most', async () => {
    const streams: IncomingMessage[] = [];
    for (const sub of ['a', 'a', 'b', 'b']) streams.push(await begun('format=csv&type=Filler', { sub }));
    const refused = await auditor.get('/v1/audit/export?format=csv', { sub: 'c' });
    expect([refused.status, refused.body.code]).toEqual([503, 'too_many_exports']);
    for (const stream of streams) stream.destroy();
    await untilOneMayRun('c');
  });

  it('is one of two at the most for one reader, and leaves room for others', async () => {
    const streams = [await begun('format=csv&type=Filler'), await begun('format=csv&type=Filler')];
    const refused = await auditor.get(`/v1/audit/export?${SHORT}`);
    expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([
      429,
      'too_many_exports_of_one',
      '30',
    ]);
    expect((await auditor.get(`/v1/audit/export?${SHORT}`, { sub: 'another' })).status).toBe(200);
    for (const stream of streams) stream.destroy();
    await untilOneMayRun('auditor');
  });

  it('loses its place, and its connection, where the taker takes nothing any more', async () => {
    const stalled = [await begun('format=csv&type=Filler'), await begun('format=csv&type=Filler')];
    await untilOneMayRun('auditor');
    // What lies in the sockets is taken late; whose place was taken sees then that the connection was cut.
    const ends = await Promise.allSettled(stalled.map((stream) => finished(stream.resume())));
    expect(ends.some(({ status }) => status === 'rejected')).toBe(true);
  });

  it('is one of four at the most also where all of them begin at the same moment', async () => {
    const streams = await Promise.all(
      Array.from({ length: 10 }, (_, place) => begun('format=csv&type=Filler', { sub: `reader-${place}` })),
    );
    const statuses = streams.map(({ statusCode }) => statusCode).sort();
    for (const stream of streams) stream.destroy();
    expect(statuses).toEqual([...Array(4).fill(200), ...Array(6).fill(503)]);
  });

  /** Nothing but the last event. */
  const SHORT = `format=csv&after=${LARGE}&type=TransferCompleted`;

  async function untilOneMayRun(sub: string): Promise<void> {
    await eventually(async () => (await auditor.get(`/v1/audit/export?${SHORT}`, { sub })).status === 200, {
      what: 'an export may run again',
      withinMs: 20_000,
    });
  }

  /** Reads nothing yet. */
  async function begun(query: string, token: Partial<DevToken> = {}): Promise<IncomingMessage> {
    const server = auditor.app.getHttpServer();
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { authorization: await auditor.bearer(token) };
    const request = httpGet({ host: '127.0.0.1', port, path: `/v1/audit/export?${query}`, headers });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  }
});

const LARGE_LOG = `
WITH made AS (SELECT $1::bigint + n AS seq, n FROM generate_series(1, $2::bigint) n),
added AS (
  INSERT INTO audit.entries (global_seq, stream_id, version, event_id, type, data_text, correlation_id, recorded_at,
    entry_hash)
  SELECT seq, 'filler', n, md5(n::text), 'Filler', '{"text":"' || repeat('x', 600) || '"}', 'filler',
    '2026-11-02T00:00:00Z', repeat('0', 64) FROM made),
moved AS (UPDATE audit.progress SET contiguous_to = $1 + $2, seen_to = $1 + $2)
INSERT INTO audit.actions (global_seq, recorded_at, type, folded) SELECT seq, '2026-11-02', 'Filler', true FROM made`;
