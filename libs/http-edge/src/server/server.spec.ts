import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { ConfigurationError } from '@hub-export/environment';
import request from 'supertest';
import { HealthChecks } from '../health/health-checks.service.js';
import { CANARY, Deferred, gate, type Sample, startSample } from '../testing/sample.testing.js';
import { startOrExit } from './start.server.js';
import { stopHttpApp, stopOnSignal } from './stop.server.js';

describe('the edge', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await startSample();
  });
  afterAll(() => sample.close());
  const get = (path: string) => request(sample.app.getHttpServer()).get(path);

  it('is alive without asking anybody, and ready when every part is', async () => {
    let works = true;
    sample.edge.health.register({ name: 'bus', check: async () => undefined });
    sample.edge.health.register({
      name: 'store',
      check: async () => {
        if (!works) throw Object.assign(new Error(CANARY), { code: 'ECONNREFUSED' });
      },
    });
    expect((await get('/health/ready')).status).toBe(200);
    works = false;
    const down = await get('/health/ready');
    expect([down.status, down.body]).toEqual([
      503,
      {
        status: 'down',
        checks: [
          { name: 'bus', status: 'up', since: expect.any(String) },
          { name: 'store', status: 'down', code: 'ECONNREFUSED', since: expect.any(String) },
        ],
      },
    ]);
    expect((await get('/health/live')).body).toEqual({ status: 'up', checks: [] });
  });

  it('measures requests by template and class of status', async () => {
    await get('/v1/sample/things/5');
    await get('/somewhere/else');
    const { text } = await get('/metrics');
    expect(text).toMatch(
      /http_request_duration_seconds_count\{.*method="GET",route="\/v1\/sample\/things\/:id",status="4xx".*\} 1/,
    );
    expect(text).toContain('route="unmatched"');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toContain('somewhere');
  });

  it.each(['/v1/sample/me', '/health/live', '/nowhere'])('sets strict headers on %s', async (path) => {
    const { headers } = await get(path);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('etag');
  });

  it('describes its API with the bearer token and the problem document', async () => {
    const { body } = await get('/openapi.json');
    expect(body.security).toEqual([{ bearer: [] }]);
    expect(body.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    const order = body.paths['/v1/sample/orders'].post;
    expect(order.responses.default.content['application/problem+json'].schema.$ref).toBe(
      '#/components/schemas/Problem',
    );
    expect(body.components.schemas.Problem.required).toContain('correlation_id');
    expect(order.security).toBeUndefined();
    expect(body.paths['/health/ready'].get.security).toEqual([]);
    expect(body.paths['/v1/sample/things/{id}'].get.responses.default).toBeDefined();
  });

  it('shows the API page outside production, with a policy that its scripts keep', async () => {
    const page = await get('/docs');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    expect(page.text).not.toMatch(/<script(?![^>]* src=)/);
    expect((await get('/docs/swagger-ui-init.js')).status).toBe(200);
  });

  it('has no API page in production', async () => {
    const oidc = {
      mode: 'oidc',
      issuer: 'i',
      audience: 'a',
      jwksUrl: 'https://127.0.0.1/',
      clockToleranceSeconds: 0,
    } as const;
    const production = await startSample({ production: true, auth: oidc });
    const server = production.app.getHttpServer();
    expect((await request(server).get('/docs')).status).toBe(404);
    expect((await request(server).get('/docs/swagger-ui-init.js')).status).toBe(404);
    expect((await request(server).get('/openapi.json')).status).toBe(200);
    await production.close();
  });
});

describe('a health check', () => {
  it('that hangs is down in time, and not asked again before it answers', async () => {
    const checks = new HealthChecks(20);
    const answer = new Deferred();
    let asked = 0;
    checks.register({ name: 'slow', check: () => ((asked += 1), answer.promise) });
    expect(await checks.run()).toMatchObject([{ status: 'down', code: 'timeout' }]);
    expect(await checks.run()).toMatchObject([{ status: 'down', code: 'timeout' }]);
    expect(asked).toBe(1);
    answer.resolve();
    expect(await checks.run()).toMatchObject([{ status: 'up' }]);
  });

  it('keeps its since while the status stays, and tells no text', async () => {
    const checks = new HealthChecks();
    checks.register({ name: 'broken', check: () => Promise.reject(new Error(CANARY)) });
    jest.useFakeTimers({
      now: 0,
      doNotFake: ['setTimeout', 'clearTimeout', 'nextTick', 'queueMicrotask', 'setImmediate'],
    });
    const [first] = await checks.run();
    jest.setSystemTime(5_000);
    const [second] = await checks.run();
    jest.useRealTimers();
    expect(second).toEqual(first);
    expect(first).toMatchObject({ code: 'check_failed' });
    expect(() => checks.register({ name: 'broken', check: async () => undefined })).toThrow('registered already');
  });
});

describe('stopping', () => {
  it('refuses new connections and lets a running request finish', async () => {
    const sample = await startSample();
    await sample.app.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${(sample.app.getHttpServer().address() as AddressInfo).port}`;
    const running = request(url)
      .get('/v1/sample/slow')
      .set('Authorization', await sample.bearer());
    const answer = running.then((response) => response);
    await gate.entered.promise;
    const stopped = stopHttpApp(sample.app, sample.edge);
    expect(sample.edge.stopping.signal.aborted).toBe(true);
    await expect(request(url).get('/health/live')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    gate.released.resolve();
    expect((await answer).body).toEqual({ done: true });
    await stopped;
    await sample.close();
  });

  it('cuts off a request that does not finish in time', async () => {
    const sample = await startSample();
    await sample.app.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${(sample.app.getHttpServer().address() as AddressInfo).port}`;
    const running = request(url)
      .get('/v1/sample/slow')
      .set('Authorization', await sample.bearer());
    const cut = expect(running).rejects.toMatchObject({ code: 'ECONNRESET' });
    await gate.entered.promise;
    await stopHttpApp(sample.app, sample.edge, 20);
    await cut;
    gate.released.resolve();
    await sample.close();
  });

  it('ends the process after the stop, and at once on a second signal', async () => {
    const sample = await startSample();
    for (const [signals, codes] of [
      [['SIGTERM'], [0]],
      [
        ['SIGTERM', 'SIGINT'],
        [1, 0],
      ],
    ] as const) {
      const host = new RecordingHost();
      const work = new Deferred();
      stopOnSignal(() => work.promise, sample.edge.log, host);
      for (const signal of signals) host.emit(signal, signal);
      work.resolve();
      await work.promise;
      await Promise.resolve();
      expect(host.exits).toEqual(codes);
    }
    await sample.close();
  });
});

describe('a start that fails', () => {
  it('says what is wrong with the configuration, and of other errors no text', async () => {
    const host = new RecordingHost();
    const fault = new ConfigurationError([{ variable: 'PORT', expected: 'must be an integer' }]);
    await startOrExit(() => Promise.reject(fault), host);
    await startOrExit(() => Promise.reject(new Error(CANARY)), host);
    await startOrExit(() => Promise.resolve(), host);
    expect(host.exits).toEqual([1, 1]);
    expect(host.written[0]).toContain('PORT must be an integer');
    expect(host.written[1]).toContain('"error_name":"Error"');
    expect(host.written.join()).not.toContain('Canary');
  });
});

class RecordingHost extends EventEmitter {
  readonly exits: number[] = [];
  readonly written: string[] = [];
  readonly stderr = { write: (text: string) => this.written.push(text) };

  exit(code: number): void {
    this.exits.push(code);
  }
}
