import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A sign-in provider as Keycloak answers: discovery, keys, code flow with PKCE, renewal. It signs in anybody at once. */
export interface Provider {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** What the next tokens say of the person. */
  claims: Record<string, unknown>;
  lifetimeSeconds: number;
  /** What it answers instead of tokens. */
  tokenFailure: { readonly status: number; readonly error: string } | null;
  readonly grants: string[];
  close(): Promise<void>;
}

export async function startProvider(
  algorithm: 'RS256' | 'ES256',
  audience: string,
  clientId: string,
): Promise<Provider> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const codes = new Map<string, { readonly challenge: string; readonly nonce: string; readonly redirect: string }>();
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers = {}, body }) => response.writeHead(status, headers).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/site`;
  const provider: Provider = {
    issuer,
    jwksUrl: `${issuer}/certs`,
    claims: {},
    lifetimeSeconds: 300,
    tokenFailure: null,
    grants: [],
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '', issuer);
    switch (url.pathname.replace('/realms/site', '')) {
      case '/.well-known/openid-configuration':
        return json({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/certs`,
          end_session_endpoint: `${issuer}/logout`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: [algorithm],
          code_challenge_methods_supported: ['S256'],
        });
      case '/certs':
        return json({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: algorithm }] });
      case '/auth':
        return signedIn(url.searchParams);
      case '/token':
        return tokens(new URLSearchParams(await textOf(request)));
      default:
        return { status: 404, body: '' };
    }
  }

  function signedIn(query: URLSearchParams): Answer {
    const code = randomUUID();
    const redirect = query.get('redirect_uri') ?? '';
    codes.set(code, { challenge: query.get('code_challenge') ?? '', nonce: query.get('nonce') ?? '', redirect });
    const back = new URL(redirect);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { location: back.href }, body: '' };
  }

  async function tokens(form: URLSearchParams): Promise<Answer> {
    provider.grants.push(form.get('grant_type') ?? '');
    const { tokenFailure } = provider;
    if (tokenFailure !== null) return json({ error: tokenFailure.error }, tokenFailure.status);
    const begun = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const verified = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isCode = form.get('grant_type') === 'authorization_code';
    if (isCode && (begun?.challenge !== verified || begun.redirect !== form.get('redirect_uri'))) {
      return json({ error: 'invalid_grant' }, 400);
    }
    return json({
      token_type: 'Bearer',
      expires_in: provider.lifetimeSeconds,
      access_token: await signed(audience, { typ: 'Bearer', ...provider.claims }),
      refresh_token: 'renewal',
      ...(isCode ? { id_token: await signed(clientId, { typ: 'ID', nonce: begun?.nonce }) } : {}),
    });
  }

  function signed(aud: string, claims: Record<string, unknown>): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, kid: 'one' })
      .setIssuer(issuer)
      .setAudience(aud)
      .setSubject('5e1f2c')
      .setIssuedAt()
      .setExpirationTime(`${provider.lifetimeSeconds}s`)
      .sign(privateKey);
  }
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

function json(body: object, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
