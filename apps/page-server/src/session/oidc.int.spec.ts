import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTokenVerifier } from '@hub-export/http-edge';
import { Browser, startTestPageServer, type TestPageServer, Upstream } from '../testing/page-server.testing.js';
import { type Provider, startProvider } from '../testing/provider.testing.js';

describe.each(['RS256', 'ES256'] as const)('sign-in at a provider that signs with %s', (algorithm) => {
  let provider: Provider;
  let marking: Upstream;
  let server: TestPageServer;
  let browser: Browser;

  beforeEach(async () => {
    [provider, marking] = await Promise.all([startProvider(algorithm, 'hub-export', 'export-page'), Upstream.listen()]);
    provider.claims = {
      preferred_username: 'bob',
      realm_access: { roles: ['hub_export:write', 'offline_access'] },
      center_key: 'center-a',
    };
    const upstreams = { marking: marking.url, transfer: marking.url, audit: marking.url };
    server = await startTestPageServer(upstreams, (_, url) => ({ ...oidcOf(provider, url), publicUrl: url }));
    browser = new Browser(server.url);
  });

  afterEach(async () => {
    await server.close();
    await Promise.all([provider.close(), marking.close()]);
  });

  it('brings a session whose token every service takes, with its roles and its center', async () => {
    const answer = await signIn('/transfers?view=failed');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/transfers?view=failed']);
    expect(await (await browser.ask('/session')).json()).toMatchObject({
      signed_in: true,
      subject: '5e1f2c',
      name: 'bob',
      roles: ['hub_export:write', 'hub_export:read'],
      centers: ['center-a'],
    });
    await browser.ask('/v1/resources');
    const token = String(marking.asked[0]?.headers['authorization']).replace('Bearer ', '');
    // The verifier that marking, transfer and audit have: the same options, another process.
    const verified = await createTokenVerifier(authOf(provider), true).verify(token);
    expect(verified).toMatchObject({ subject: '5e1f2c', name: 'bob', centers: ['center-a'] });
    expect(browser.setCookies.join()).not.toContain(token);
  });

  it('takes lx-annotate’s own roles, and a person without any sees nothing', async () => {
    provider.claims = { realm_access: { roles: ['data:write'] }, centers: ['center-b'] };
    await signIn();
    expect(await (await browser.ask('/session')).json()).toMatchObject({
      roles: ['hub_export:write', 'hub_export:read'],
    });
    provider.claims = {};
    const nobody = new Browser(server.url);
    await signIn('/', nobody);
    expect(await (await nobody.ask('/session')).json()).toMatchObject({ signed_in: true, roles: [], centers: [] });
  });

  it('renews a token that is about to end, without the person', async () => {
    provider.lifetimeSeconds = 10;
    await signIn();
    provider.lifetimeSeconds = 300;
    await Promise.all([browser.ask('/v1/resources'), browser.ask('/v1/resources')]);
    await browser.ask('/v1/resources');
    expect(provider.grants).toEqual(['authorization_code', 'refresh_token']);
    expect(marking.asked).toHaveLength(3);
    expect(marking.asked.every(({ headers }) => headers['authorization'] !== undefined)).toBe(true);
  });

  it('stays while the provider is in trouble, and ends when the provider says so', async () => {
    provider.lifetimeSeconds = 10;
    await signIn();
    provider.tokenFailure = { status: 503, error: 'temporarily_unavailable' };
    await browser.ask('/v1/resources');
    expect(marking.asked.at(-1)?.headers['authorization']).toBeDefined();
    expect(await (await browser.ask('/session')).json()).toMatchObject({ signed_in: true });
    provider.tokenFailure = { status: 400, error: 'invalid_grant' };
    expect(await (await browser.ask('/session')).json()).toEqual({ signed_in: false });
  });

  it('is refused to a browser that did not begin it, a second time, and with a forged state', async () => {
    const begun = await browser.ask('/session/sign-in?next=/');
    const back = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
    const callback = back.headers.get('location') ?? '';
    const stranger = new Browser(server.url);
    expect((await stranger.ask(callback)).status).toBe(400);
    expect((await browser.ask(callback.replace(/state=[^&]+/, 'state=forged'))).status).toBe(400);
    expect((await browser.ask(callback)).status).toBe(400);
    expect(await (await browser.ask('/session')).json()).toEqual({ signed_in: false });
  });

  it('ends at the provider too', async () => {
    await signIn();
    const { redirect_to } = (await (await browser.write('/session/sign-out')).json()) as { redirect_to: string };
    expect(redirect_to).toMatch(new RegExp(`^${provider.issuer}/logout\\?.*id_token_hint=`));
  });

  it('has no development sign-in beside it', async () => {
    expect((await browser.ask('/session/dev-sign-in?as=everything')).status).toBe(404);
    expect(await (await browser.ask('/page-config.json')).json()).toMatchObject({
      auth_mode: 'oidc',
      dev_sign_ins: [],
      oidc: { authority: provider.issuer, client_id: 'export-page', scopes: 'openid' },
    });
  });

  it('is told as unavailable while the provider is away, and works when it is back', async () => {
    await provider.close();
    const answer = await browser.ask('/session/sign-in');
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'sign_in_unavailable']);
  });

  /** As a browser goes: to the provider, and back with its code. */
  async function signIn(next = '/', as = browser): Promise<Response> {
    const begun = await as.ask(`/session/sign-in?next=${encodeURIComponent(next)}`);
    expect(begun.status).toBe(303);
    const back = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
    return as.ask(back.headers.get('location') ?? '');
  }
});

function authOf(provider: Provider) {
  const { issuer, jwksUrl } = provider;
  return { mode: 'oidc', issuer, audience: 'hub-export', jwksUrl, clockToleranceSeconds: 30 } as const;
}

function oidcOf(provider: Provider, _url: string) {
  const { issuer } = provider;
  const signIn = { mode: 'oidc', issuer, clientId: 'export-page', clientSecret: null, scopes: 'openid' } as const;
  return { auth: authOf(provider), signIn };
}
