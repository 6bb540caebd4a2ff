import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { eventually } from '@hub-export/testing';
import { LIVE_OF_ONE_MAX } from './proxy/proxy.server.js';
import { Browser, INDEX, startTestPageServer, type TestPageServer, Upstream } from './testing/page-server.testing.js';

let marking: Upstream;
let transfer: Upstream;
let server: TestPageServer;
let browser: Browser;

beforeEach(async () => {
  [marking, transfer] = await Promise.all([Upstream.listen(), Upstream.listen()]);
  // Nobody listens where the audit should be.
  server = await startTestPageServer({ marking: marking.url, transfer: transfer.url, audit: 'http://127.0.0.1:9' });
  browser = new Browser(server.url);
});
afterEach(async () => {
  await server.close();
  await Promise.all([marking.close(), transfer.close()]);
});

describe('the page', () => {
  it('is one document for every place in it, asked for again each time, under a policy without exceptions', async () => {
    for (const path of ['/', '/transfers/abc', '/readiness?x=1']) {
      const answer = await browser.ask(path, { headers: { accept: 'text/html' } });
      expect([answer.status, await answer.text(), answer.headers.get('cache-control')]).toEqual([
        200,
        INDEX,
        'no-cache',
      ]);
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
    }
  });

  it('has files that a browser may keep for ever', async () => {
    const answer = await browser.ask('/assets/index-abc123.js');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-type')).toContain('javascript');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/assets/gone.js', '/v1/nothing', '/%2e%2e/%2e%2e/package.json', '/favicon.ico'])(
    'is not what %s answers',
    async (path) => {
      const answer = await browser.ask(path, { headers: { accept: 'text/html' } });
      expect([answer.status, await codeOf(answer)]).toEqual([404, 'not_found']);
    },
  );

  it('is told how the site is set up', async () => {
    expect(await (await browser.ask('/page-config.json')).json()).toMatchObject({
      auth_mode: 'dev',
      oidc: null,
      site_name: 'Site A',
      shows_file_names: false,
      auto_queue: true,
      reversibility_window_seconds: 60,
      k_anonymity_min: 5,
    });
  });
});

describe('a request to a service', () => {
  it('goes to the one whose interface it is, with its query, body and correlation id', async () => {
    const answer = await browser.ask('/v1/transfers/queue?dry_run=true', {
      method: 'POST',
      headers: { authorization: 'Bearer abc', 'content-type': 'application/json', 'x-request-id': 'request-0001' },
      body: '{"transfer_ids":[]}',
    });
    expect(await answer.json()).toEqual({ here: true });
    expect(answer.headers.get('x-request-id')).toBe('request-0001');
    const [asked] = transfer.asked;
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/v1/transfers/queue?dry_run=true',
      body: '{"transfer_ids":[]}',
    });
    expect(asked?.headers).toMatchObject({ authorization: 'Bearer abc', 'x-correlation-id': 'request-0001' });
  });

  it('carries no cookie there, and brings none back', async () => {
    await browser.ask('/session/dev-sign-in?as=viewer');
    const answer = await browser.ask('/v1/resources?limit=1');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(marking.asked[0]?.headers['cookie']).toBeUndefined();
    expect(marking.asked[0]?.headers['authorization']).toMatch(/^Bearer ey/);
  });

  it('keeps the slash at the end and follows no redirect', async () => {
    marking.answer = (_, response) => void response.writeHead(302, { location: 'https://elsewhere.example/' }).end();
    const answer = await browser.ask('/endoreg-api/hub-export/overview/?target_node_key=hub');
    expect(answer.status).toBe(302);
    expect(marking.asked[0]?.url).toBe('/endoreg-api/hub-export/overview/?target_node_key=hub');
  });

  it('is refused before it is read where it is too large', async () => {
    const answer = await browser.ask('/v1/marks', { method: 'POST', body: 'x'.repeat(1_048_577) });
    expect([answer.status, await codeOf(answer)]).toEqual([413, 'body_too_large']);
    expect(marking.asked).toEqual([]);
    expect((await browser.ask('/v1/resources/video/a', { method: 'PUT', body: 'x'.repeat(1_048_577) })).status).toBe(
      200,
    );
  });

  it('to one that is away is told as that, and counted', async () => {
    const answer = await browser.ask('/v1/audit/events');
    expect([answer.status, await codeOf(answer)]).toEqual([502, 'service_unreachable']);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await server.edge.metrics.registry.metrics()).toMatch(/page_proxy_failures_total\{service="audit".*\} 1/);
  });

  it('that is cut off in the middle is cut off here too, and no whole answer', async () => {
    marking.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"items":[', () => response.destroy());
    };
    const answer = await browser.ask('/v1/resources');
    await expect(answer.text()).rejects.toThrow();
  });

  it('is named in the log by its route alone', async () => {
    await browser.ask('/v1/resources/report/c0ffee?q=c0ffee', { headers: { authorization: 'Bearer hidden' } });
    const line = server.lines.map((text) => JSON.parse(text)).findLast(({ event }) => event === 'request');
    expect(line).toMatchObject({ route: '/v1/resources', status: 200 });
    expect(server.lines.join('')).not.toMatch(/c0ffee|hidden/);
  });

  it('is not answered under a name that is not ours', async () => {
    const status = await new Promise((resolve, reject) => {
      const { port } = new URL(server.url);
      const asked = httpRequest({ host: '127.0.0.1', port, path: '/v1/resources', headers: { host: 'evil.example' } });
      asked
        .on('response', (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
    expect(marking.asked).toEqual([]);
  });
});

describe('a live stream', () => {
  it('passes on each event as it comes, and ends at the service when the page leaves', async () => {
    let left = (): void => undefined;
    const ended = new Promise<void>((resolve) => (left = resolve));
    let tell = (_: string): void => undefined;
    transfer.answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      tell = (text) => void response.write(text);
      tell('event: heartbeat\n\n');
      request.socket.on('close', left);
    };
    const leaving = new AbortController();
    const answer = await browser.ask('/v1/live', { signal: leaving.signal });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('event: heartbeat\n\n');
    tell('event: change\n\n');
    expect((await reader?.read())?.value).toBe('event: change\n\n');
    expect(await server.edge.metrics.registry.metrics()).toMatch(/page_live_streams\{.*\} 1/);
    leaving.abort();
    await ended;
  });

  it('is refused to who has too many already, and to nobody else; each that ends makes room', async () => {
    transfer.answer = (_, response) => void response.writeHead(200).write('event: heartbeat\n\n');
    const streams = Array.from({ length: LIVE_OF_ONE_MAX }, () => new AbortController());
    const listen = (headers: Record<string, string>, signal?: AbortSignal) =>
      browser.ask('/v1/live', { headers, ...(signal === undefined ? {} : { signal }) });
    const greedy = { authorization: 'Bearer of-one' };
    const answers = await Promise.all(streams.map(({ signal }) => listen(greedy, signal)));
    expect(answers.map(({ status }) => status)).toEqual(streams.map(() => 200));
    const refused = await listen(greedy);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      429,
      'too_many_streams_of_one',
    ]);
    const other = new AbortController();
    expect((await listen({ authorization: 'Bearer of-another' }, other.signal)).status).toBe(200);
    streams[0]?.abort();
    const again = new AbortController();
    await eventually(async () => (await listen(greedy, again.signal)).status === 200, {
      what: 'a place is free again',
    });
    for (const stream of [...streams, other, again]) stream.abort();
  });

  it('ends when the server stops', async () => {
    transfer.answer = (_, response) => void response.writeHead(200).write('event: heartbeat\n\n');
    const answer = await browser.ask('/v1/live');
    server.edge.stopping.abort();
    await expect(answer.text()).rejects.toThrow();
  });
});

describe('a session', () => {
  it('is a cookie that no script reads and no other site sends, and goes with a token for writes', async () => {
    expect(await (await browser.ask('/session')).json()).toEqual({ signed_in: false });
    const answer = await browser.ask('/session/dev-sign-in?as=operator&next=/transfers');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/transfers']);
    expect(browser.setCookies.find((set) => set.startsWith('hub_export_session='))).toMatch(
      /HttpOnly; SameSite=Strict$/,
    );
    expect(await (await browser.ask('/session')).json()).toMatchObject({
      signed_in: true,
      subject: 'dev-operator',
      roles: ['hub_export:read', 'hub_export:write'],
      centers: 'all',
    });
  });

  it.each([
    ['without the header', {}],
    ['with another header', { 'x-csrftoken': 'x'.repeat(43) }],
    ['asked for by another site', { 'sec-fetch-site': 'cross-site' }],
  ])('writes nothing %s', async (_, headers) => {
    await browser.ask('/session/dev-sign-in?as=operator');
    const own = 'sec-fetch-site' in headers ? { 'x-csrftoken': browser.cookies.get('csrftoken') ?? '' } : {};
    const answer = await browser.ask('/v1/marks', { method: 'POST', headers: { ...own, ...headers } });
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'csrf_failed']);
    expect(marking.asked).toEqual([]);
    expect((await browser.write('/v1/marks')).status).toBe(200);
  });

  it('takes the token that Django gave, and a bearer token needs none', async () => {
    await browser.ask('/session/dev-sign-in?as=operator');
    browser.cookies.set('csrftoken', 'D'.repeat(32));
    expect((await browser.write('/v1/marks')).status).toBe(200);
    const stranger = new Browser(server.url);
    const answer = await stranger.ask('/v1/marks', { method: 'POST', headers: { authorization: 'Bearer abc' } });
    expect(answer.status).toBe(200);
  });

  it('ends at sign-out, and a planted id becomes nobody’s', async () => {
    browser.cookies.set('hub_export_session', 'planted');
    await browser.ask('/session/dev-sign-in?as=viewer');
    const id = browser.cookies.get('hub_export_session') ?? '';
    expect(id).not.toBe('planted');
    expect(await (await browser.write('/session/sign-out')).json()).toEqual({ redirect_to: '/' });
    browser.cookies.set('hub_export_session', id);
    expect(await (await browser.ask('/session')).json()).toEqual({ signed_in: false });
  });

  it('is never led to another site', async () => {
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', '/\tx', 'x']) {
      const answer = await browser.ask(`/session/dev-sign-in?as=viewer&next=${encodeURIComponent(next)}`);
      expect(answer.headers.get('location')).toBe('/');
    }
  });

  it('is chosen on a page of links, where lx-annotate’s page looks for it too', async () => {
    for (const path of ['/session/sign-in?next=/x', '/oidc/authenticate/?next=/x']) {
      const answer = await browser.ask(path);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(await answer.text()).toContain('/session/dev-sign-in?as=operator&amp;next=%2Fx');
    }
  });
});

async function codeOf(answer: Response): Promise<unknown> {
  return ((await answer.json()) as { code?: unknown }).code;
}
