import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import request from 'supertest';
import { describeRoutes } from '../server/routes.server.js';
import { type Sample, startSample } from '../testing/sample.testing.js';
import { createDevSigner, DEV_AUDIENCE, DEV_ISSUER } from './dev.signer.js';
import { type Role, ROLES } from './principal.js';
import { createTokenVerifier } from './token.verifier.js';

let sample: Sample;
beforeAll(async () => {
  sample = await startSample();
});
afterAll(() => sample.close());

describe('sign-in', () => {
  it('is needed on every route except health and metrics', async () => {
    const routes = describeRoutes(sample.app);
    expect(routes.filter(({ access }) => access === 'public').map(({ path }) => path)).toEqual([
      '/health/live',
      '/health/ready',
      '/metrics',
    ]);
    const closed = routes.filter(({ access }) => access !== 'public');
    expect(closed.length).toBeGreaterThan(8);
    for (const { method, path } of closed) {
      const answer = await call(method, path);
      expect([path, answer.status, answer.body.code]).toEqual([path, 401, 'not_signed_in']);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="hub-export"');
    }
  });

  it('knows every route that Express knows, but for the API document and its page', () => {
    interface Layer {
      route?: { path: string; methods: Record<string, boolean> };
    }
    const { router } = sample.app.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } };
    const served = router.stack
      .flatMap(({ route }) => route?.path ?? [])
      .filter((path) => !/^\/docs|^\/openapi/.test(path));
    expect(new Set(served)).toEqual(new Set(describeRoutes(sample.app).map(({ path }) => path)));
  });

  it('refuses a route that says nothing of who may call it', async () => {
    const answer = await call('GET', '/v1/operate/forgotten', await sample.bearer({ roles: [...ROLES] }));
    expect([answer.status, answer.body.code]).toEqual([403, 'route_closed']);
  });

  it('reads the caller from the token alone', async () => {
    const token = { sub: 'alice', name: 'Alice A.', roles: ['hub_export:write' as const], centers: ['center-a'] };
    const answer = await call('GET', '/v1/sample/me', await sample.bearer(token));
    expect(answer.body).toMatchObject({
      subject: 'alice',
      name: 'Alice A.',
      roles: ['hub_export:write', 'hub_export:read'],
      centers: ['center-a'],
    });
  });

  describe.each([
    ['GET', '/v1/sample/me', ['hub_export:read', 'hub_export:write']],
    ['POST', '/v1/sample/orders', ['hub_export:write']],
    ['PUT', '/v1/sample/large', ['hub_export:site']],
    ['POST', '/v1/operate', ['hub_export:operate']],
    ['GET', '/v1/operate/audit', ['hub_export:audit']],
  ] as const)('%s %s', (method, path, allowed: readonly Role[]) => {
    it.each(ROLES)(`is open to ${allowed.join(', ')} alone: %s`, async (role) => {
      const answer = await call(method, path, await sample.bearer({ roles: [role] }));
      const refused = answer.status === 403 && answer.body.code === 'role_missing';
      expect(refused).toBe(!allowed.includes(role));
    });
  });

  it('logs and counts who was refused, without the name', async () => {
    await call('GET', '/v1/operate/audit', await sample.bearer({ sub: 'mallory', name: 'Mallory' }));
    const entry = sample.logged().findLast(({ event }) => event === 'access_refused');
    expect(entry).toMatchObject({
      code: 'role_missing',
      route: '/v1/operate/audit',
      subject_hash: expect.stringMatching(/^\w{16}$/),
    });
    expect(JSON.stringify(sample.logged())).not.toMatch(/mallory/i);
    expect(await sample.edge.metrics.registry.metrics()).toMatch(
      /http_access_refused_total\{code="role_missing".*\} [1-9]/,
    );
  });
});

describe('a token', () => {
  it('is refused once it has expired', async () => {
    await expectRefused(await sample.bearer({ lifetimeSeconds: -1 }));
  });

  it('is refused for a foreign audience, issuer, or without a subject or an end', async () => {
    await expectRefused(await signed({ audience: 'other' }));
    await expectRefused(await signed({ issuer: 'other' }));
    await expectRefused(await signed({ subject: '' }));
    await expectRefused(await signed({ lifetimeSeconds: null }));
    await expectRefused(await signed({ notBeforeSeconds: 3_600 }));
  });

  it('is refused when it is an identity token', async () => {
    await expectRefused(await signed({ claims: { typ: 'ID' } }));
    expect((await call('GET', '/v1/sample/me', await signed({ claims: { typ: 'Bearer' } }))).status).toBe(200);
  });

  it('is refused when it is signed by another key', async () => {
    await expectRefused(await signed({ key: (await generateKeyPair('ES256')).privateKey }));
  });

  it('is refused with HS256 by the public key, and with no signature at all', async () => {
    const jwk = JSON.stringify((await publicJwks()).keys[0]);
    await expectRefused(await signed({ algorithm: 'HS256', key: new TextEncoder().encode(jwk) }));
    const unsecured = new UnsecuredJWT({ roles: ['hub_export:read'] }).setSubject('alice').setIssuer(DEV_ISSUER);
    await expectRefused(`Bearer ${unsecured.setAudience(DEV_AUDIENCE).setExpirationTime('1h').encode()}`);
  });

  it('is refused when it was changed, and when it is no token', async () => {
    const [head, , signature] = (await sample.bearer()).split('.');
    const forged = Buffer.from(JSON.stringify({ sub: 'root', iss: DEV_ISSUER, aud: DEV_AUDIENCE, exp: 9e9 })).toString(
      'base64url',
    );
    await expectRefused(`${head}.${forged}.${signature}`);
    await expectRefused('Bearer nonsense');
    expect((await call('GET', '/v1/sample/me', 'Basic YTpi')).body.code).toBe('not_signed_in');
  });
});

describe('the local signer', () => {
  it('keeps its key private, and the same for all who open the folder at once', async () => {
    const folder = join(dirname(sample.signer.jwksFile), 'race');
    const signers = await Promise.all([1, 2, 3, 4].map(() => createDevSigner(folder)));
    const verifier = createTokenVerifier({ mode: 'dev', jwksFile: join(folder, 'jwks.json') }, false);
    for (const signer of signers) {
      const token = await signer.sign({ sub: 'alice', roles: [] });
      expect((await verifier.verify(token)).subject).toBe('alice');
    }
    expect((await stat(join(folder, 'dev-signer.private.json'))).mode & 0o777).toBe(0o600);
    expect((await publicJwks()).keys[0]).not.toHaveProperty('d');
  });

  it('may have another key, which counts at once', async () => {
    const folder = join(dirname(sample.signer.jwksFile), 'another');
    const before = await createDevSigner(folder);
    const verifier = createTokenVerifier({ mode: 'dev', jwksFile: before.jwksFile }, false);
    await verifier.verify(await before.sign({ sub: 'alice', roles: [] }));
    await rm(join(folder, 'dev-signer.private.json'));
    const after = await createDevSigner(folder);
    expect((await verifier.verify(await after.sign({ sub: 'bob', roles: [] }))).subject).toBe('bob');
    await expect(verifier.verify(await before.sign({ sub: 'alice', roles: [] }))).rejects.toMatchObject({
      code: 'invalid_token',
    });
  });

  it('is refused in production', () => {
    expect(() => createTokenVerifier({ mode: 'dev', jwksFile: 'jwks.json' }, true)).toThrow('production');
  });

  it('answers 503, not 401, while its keys are not there', async () => {
    const verifier = createTokenVerifier({ mode: 'dev', jwksFile: '/nowhere/jwks.json' }, false);
    const token = (await sample.bearer()).slice('Bearer '.length);
    await expect(verifier.verify(token)).rejects.toMatchObject({ status: 503, code: 'sign_in_unavailable' });
  });
});

describe('an OpenID provider', () => {
  let provider: Server;
  let answerStatus = 200;
  let jwksUrl: string;
  let published: object;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  beforeAll(async () => {
    provider = createServer((_, response) => {
      response
        .writeHead(answerStatus, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ keys: [published] }));
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`;
  });
  afterAll(() => new Promise((resolve) => provider.close(resolve)));
  beforeEach(async () => {
    answerStatus = 200;
    keys = await generateKeyPair('RS256');
    // Without an algorithm of its own, the key would serve every RSA signature.
    published = { ...(await exportJWK(keys.publicKey)), kid: 'one', use: 'sig' };
  });

  const oidc = () =>
    createTokenVerifier(
      { mode: 'oidc', issuer: 'https://id', audience: 'hub', jwksUrl, clockToleranceSeconds: 600 },
      true,
    );
  const token = (expiredForSeconds: number, alg = 'RS256') =>
    new SignJWT({
      realm_access: { roles: ['data:write'] },
      center_key: 'center-a',
      preferred_username: 'bob',
    })
      .setProtectedHeader({ alg, kid: 'one' })
      .setIssuer('https://id')
      .setAudience('hub')
      .setSubject('b-1')
      .setExpirationTime(Math.floor(Date.now() / 1_000) - expiredForSeconds)
      .sign(keys.privateKey);

  it('signs in with RS256 by the keys that it publishes', async () => {
    expect(await oidc().verify(await token(-60))).toEqual({
      subject: 'b-1',
      name: 'bob',
      roles: new Set(['hub_export:write', 'hub_export:read']),
      centers: ['center-a'],
    });
  });

  it('may sign with RS256 or ES256 only, even by a key that could do more', async () => {
    keys = await generateKeyPair('RS512', { extractable: true });
    published = { ...(await exportJWK(keys.publicKey)), kid: 'one', use: 'sig' };
    await expect(oidc().verify(await token(-60, 'RS512'))).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('is allowed a clock that differs by a minute at most, whatever the options say', async () => {
    await expect(oidc().verify(await token(50))).resolves.toBeDefined();
    await expect(oidc().verify(await token(70))).rejects.toMatchObject({ status: 401, code: 'invalid_token' });
  });

  it('that fails is told as 503, not as a bad token', async () => {
    answerStatus = 500;
    await expect(oidc().verify(await token(-60))).rejects.toMatchObject({ status: 503, code: 'sign_in_unavailable' });
  });
});

function call(method: string, path: string, authorization?: string): request.Test {
  const agent = request(sample.app.getHttpServer());
  const test = agent[method.toLowerCase() as 'get'](path);
  return authorization === undefined ? test : test.set('Authorization', authorization);
}

async function expectRefused(authorization: string): Promise<void> {
  const answer = await call('GET', '/v1/sample/me', authorization);
  expect([answer.status, answer.body.code]).toEqual([401, 'invalid_token']);
  expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
}

async function publicJwks(): Promise<{ keys: Record<string, string>[] }> {
  return JSON.parse(await readFile(sample.signer.jwksFile, 'utf8'));
}

interface Forgery {
  issuer?: string;
  audience?: string;
  subject?: string;
  lifetimeSeconds?: number | null;
  notBeforeSeconds?: number;
  algorithm?: string;
  key?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'] | Uint8Array;
  claims?: Record<string, unknown>;
}

/** A token that is right, signed with the signer's own key, but for what is asked to be wrong. */
async function signed(forgery: Forgery): Promise<string> {
  const jwk = JSON.parse(await readFile(join(dirname(sample.signer.jwksFile), 'dev-signer.private.json'), 'utf8'));
  const now = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ roles: ['hub_export:read'], ...forgery.claims })
    .setProtectedHeader({ alg: forgery.algorithm ?? 'ES256', kid: jwk.kid })
    .setIssuer(forgery.issuer ?? DEV_ISSUER)
    .setAudience(forgery.audience ?? DEV_AUDIENCE)
    .setSubject(forgery.subject ?? 'alice');
  if (forgery.lifetimeSeconds !== null) token.setExpirationTime(now + 60);
  if (forgery.notBeforeSeconds !== undefined) token.setNotBefore(now + forgery.notBeforeSeconds);
  return `Bearer ${await token.sign(forgery.key ?? (await importJWK(jwk, 'ES256')))}`;
}
