import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import request from 'supertest';
import { type Sample, startSample } from '../testing/sample.testing.js';
import { commandKey } from './command-key.js';
import { JSON_DEPTH_MAX, parseJsonBody } from './json-body.js';
import { WriteRate } from './write-rate.js';

let sample: Sample;
let bearer: string;
beforeAll(async () => {
  sample = await startSample();
  bearer = await sample.bearer({ sub: 'alice@site', roles: ['hub_export:write', 'hub_export:site'] });
});
afterAll(() => sample.close());

const get = (path: string) => request(sample.app.getHttpServer()).get(path).set('Authorization', bearer);
const send = (path: string, body: string, method: 'post' | 'put' = 'post') =>
  request(sample.app.getHttpServer())[method](path).set('Authorization', bearer).type('json').send(body);
const ORDER = JSON.stringify({ name: 'a', items: [{ kind: 'video', local_id: 1 }] });

describe('the correlation id', () => {
  it('is the caller’s, in the answer, the handler and the log', async () => {
    const answer = await get('/v1/sample/me').set('X-Correlation-Id', 'abc_DEF-123');
    expect(answer.headers['x-correlation-id']).toBe('abc_DEF-123');
    expect(answer.body.correlation_id).toBe('abc_DEF-123');
    expect(
      sample.logged().some(({ event, correlation_id }) => event === 'request' && correlation_id === 'abc_DEF-123'),
    ).toBe(true);
  });

  it.each(['short', 'x'.repeat(65), 'has space 123', '"};{"level":"x'])('is a new one instead of %j', async (id) => {
    const answer = await get('/v1/sample/me').set('X-Correlation-Id', id);
    expect(answer.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the request log', () => {
  it('tells method, template, status, duration and a hash of the caller; no URL, header or body', async () => {
    await get('/v1/sample/list?limit=7&cursor=SECRETQUERY').set('X-Correlation-Id', 'log-line-1');
    const entry = sample.logged().find((one) => one['event'] === 'request' && one['correlation_id'] === 'log-line-1');
    expect(Object.keys(entry ?? {}).sort()).toEqual([
      'correlation_id',
      'duration_ms',
      'event',
      'level',
      'method',
      'route',
      'service',
      'status',
      'subject_hash',
      'time',
    ]);
    expect(entry).toMatchObject({
      method: 'GET',
      route: '/v1/sample/list',
      status: 400,
      service: 'sample',
      level: 'info',
    });
    expect(JSON.stringify(sample.logged())).not.toMatch(/SECRETQUERY|alice@site|Bearer/);
  });
});

describe('a body', () => {
  it('is read as JSON into its DTO', async () => {
    const answer = await send('/v1/sample/orders', ORDER);
    expect([answer.status, answer.body.item_is_typed]).toEqual([200, true]);
  });

  it.each([
    ['text', 'text/plain', {}],
    ['a form', 'application/x-www-form-urlencoded', {}],
    ['another charset', 'application/json; charset=latin1', {}],
    ['a compressed one', 'application/json', { 'Content-Encoding': 'gzip' }],
  ])('of another kind is refused: %s', async (_, type, headers) => {
    const answer = await send('/v1/sample/orders', ORDER).set('Content-Type', type).set(headers);
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
  });

  it('is refused beyond the limit of the service, told or counted', async () => {
    const large = JSON.stringify({ name: 'a', items: [], pad: 'x'.repeat(1_025) });
    expect((await send('/v1/sample/orders', large)).body.code).toBe('body_too_large');
    const chunk = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    const answer = await raw('Transfer-Encoding: chunked', chunk, '/v1/sample/orders');
    expect(answer).toMatch(/^HTTP\/1.1 413 [\s\S]*body_too_large/);
  });

  it('that says it is too large is refused before it is sent', async () => {
    const answer = await raw('Content-Length: 1025', '', '/v1/sample/orders');
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });

  it('may be larger where its route says so', async () => {
    const items = Array.from({ length: 60 }, (_, local_id) => ({ kind: 'video', local_id }));
    const answer = await send('/v1/sample/large', JSON.stringify({ name: 'a', items }), 'put');
    expect(answer.body).toEqual({ items: 60 });
    expect((await send('/v1/sample/large', 'x'.repeat(4_097), 'put')).status).toBe(413);
  });

  it('is not read before sign-in', async () => {
    const answer = await send('/v1/sample/orders', 'x'.repeat(10_000)).unset('Authorization');
    expect([answer.status, answer.body.code]).toEqual([401, 'not_signed_in']);
  });

  it.each([
    ['broken', '{"a":'],
    ['no object', '"text"'],
    ['a prototype key', '{"a":[{"__proto__":{"admin":true}}]}'],
    ['an escaped prototype key', '{"\\u005f_proto__":1}'],
    ['a constructor', '{"constructor":{"prototype":{}}}'],
    ['too deep', `${'['.repeat(JSON_DEPTH_MAX + 1)}${']'.repeat(JSON_DEPTH_MAX + 1)}`],
  ])('that is %s is refused', async (_, text) => {
    const answer = await send('/v1/sample/orders', text);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_json']);
  });

  it('that is not UTF-8 is refused', () => {
    expect(() => parseJsonBody(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow('UTF-8');
  });

  it('keeps every plain JSON as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 5 })), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/"(__proto__|constructor|prototype)"/.test(text));
        expect(JSON.stringify(parseJsonBody(new TextEncoder().encode(text)))).toBe(text);
      }),
    );
  });
});

describe('the idempotency key', () => {
  const keyed = (key: string) => send('/v1/sample/orders', ORDER).set('Idempotency-Key', key);

  it('is the caller’s, or a new one each time', async () => {
    expect((await keyed('order-1')).body.key).toBe('order-1');
    const made = [(await send('/v1/sample/orders', ORDER)).body.key, (await send('/v1/sample/orders', ORDER)).body.key];
    expect(new Set(made).size).toBe(2);
  });

  it.each(['has space', 'x'.repeat(201), 'ümlaut'])('is refused where it is %j', async (key) => {
    expect((await keyed(key)).body.code).toBe('invalid_idempotency_key');
  });
});

describe('commandKey', () => {
  it('is the same exactly for the same scope', () => {
    const scope = fc.record(
      { route: fc.string(), subject: fc.string(), key: fc.string(), item: fc.string() },
      { requiredKeys: ['route', 'subject', 'key'] },
    );
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        const same = (['route', 'subject', 'key', 'item'] as const).every((part) => one[part] === other[part]);
        expect(commandKey(one) === commandKey(other)).toBe(same);
        expect(commandKey({ ...one })).toBe(commandKey(one));
      }),
    );
    expect(commandKey({ route: 'ab', subject: 'c', key: 'd' })).not.toBe(
      commandKey({ route: 'a', subject: 'bc', key: 'd' }),
    );
  });
});

describe('the limit of writes', () => {
  it('is for each caller, and ends with the minute', () => {
    const rate = new WriteRate(2);
    expect([rate.count('a', 0), rate.count('a', 1), rate.count('a', 15_000), rate.count('b', 15_000)]).toEqual([
      0, 0, 45, 0,
    ]);
    expect(rate.count('a', 60_000)).toBe(0);
  });

  it('counts those beyond ten thousand callers together', () => {
    const rate = new WriteRate(1);
    for (let caller = 0; caller < 10_000; caller += 1) expect(rate.count(`c${caller}`, 0)).toBe(0);
    expect([rate.count('one-more', 0), rate.count('another', 0), rate.count('c1', 0)]).toEqual([0, 60, 60]);
  });

  it('answers 429 for a write, and leaves reading alone', async () => {
    const limited = await startSample({ writesPerMinute: 1 });
    const token = await limited.bearer({ roles: ['hub_export:write'] });
    const server = limited.app.getHttpServer();
    const write = () => request(server).post('/v1/sample/orders').set('Authorization', token).type('json').send(ORDER);
    const answers = [await write(), await write(), await write()];
    // The minute may turn between two of the three, not twice.
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe('too_many_requests');
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await request(server).get('/v1/sample/me').set('Authorization', token)).status).toBe(200);
    await limited.close();
  });
});

/** Posts by a bare socket; the first part of the answer as it came. */
async function raw(lengthHeader: string, body: string, path: string): Promise<string> {
  const server = sample.app.getHttpServer();
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: x',
    `Authorization: ${bearer}`,
    'Content-Type: application/json',
    lengthHeader,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}
