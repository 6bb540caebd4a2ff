import { Problem } from '@hub-export/http-edge';
import * as oidc from 'openid-client';
import type { BrowserSignIn } from '../config.js';
import { SIGN_IN_MS } from './browser.edge.js';
import type { Grant } from './sessions.service.js';
import { SignInCookie } from './sign-in-cookie.service.js';

type OidcSignIn = Extract<BrowserSignIn, { mode: 'oidc' }>;

const PROVIDER_TIMEOUT_S = 10;
/** Where the provider sends browsers back; it must be registered there. */
export const CALLBACK_PATH = '/session/callback';
/** A provider that does not say how long its token is good is asked again after this. */
const TOKEN_LIFETIME_S = 60;

/** Sign-in at the provider: authorization code with PKCE, done here, so that no token is ever in the browser. */
export class OidcClient {
  private provider: Promise<oidc.Configuration> | undefined;
  private readonly cookies = new SignInCookie(SIGN_IN_MS);

  constructor(
    private readonly signIn: OidcSignIn,
    private readonly publicUrl: string,
  ) {}

  /**
   * Where the browser goes now, and the cookie by which it comes back.
   * @throws {Problem} 503 `sign_in_unavailable`
   */
  async begin(next: string): Promise<{ readonly url: string; readonly cookie: string }> {
    const provider = await this.configuration();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const verifier = oidc.randomPKCECodeVerifier();
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: `${this.publicUrl}${CALLBACK_PATH}`,
      scope: this.signIn.scopes,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return { url: url.href, cookie: await this.cookies.seal({ state, verifier, nonce, next }) };
  }

  /**
   * What the provider has granted.
   * @param query as the provider sent the browser back
   * @param cookie the browser's own, as `begin` gave it
   * @throws {Problem} 400 `sign_in_failed`
   */
  async finish(query: string, cookie: string | undefined): Promise<{ readonly grant: Grant; readonly next: string }> {
    const begun = await this.cookies.open(cookie);
    if (begun === null) throw failed();
    const provider = await this.configuration();
    const at = new URL(`${this.publicUrl}${CALLBACK_PATH}${query}`);
    const tokens = await oidc
      .authorizationCodeGrant(provider, at, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      })
      .catch((cause: unknown) => {
        throw failed(cause);
      });
    return { grant: this.granted(tokens, tokens.refresh_token ?? null, tokens.id_token ?? null), next: begun.next };
  }

  /** Where a browser signs out at the provider too; null where the provider has no such place. */
  async endSessionUrl(idToken: string | null): Promise<string | null> {
    const provider = await this.configuration().catch(() => null);
    if (provider?.serverMetadata().end_session_endpoint === undefined) return null;
    return oidc.buildEndSessionUrl(provider, {
      post_logout_redirect_uri: `${this.publicUrl}/`,
      ...(idToken === null ? {} : { id_token_hint: idToken }),
    }).href;
  }

  private granted(
    tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
    refreshToken: string | null,
    idToken: string | null,
  ): Grant {
    return {
      accessToken: tokens.access_token,
      endsAt: Date.now() + (tokens.expiresIn() ?? TOKEN_LIFETIME_S) * 1_000,
      idToken,
      renew: refreshToken === null ? null : () => this.renewed(refreshToken, idToken),
    };
  }

  private async renewed(refreshToken: string, idToken: string | null): Promise<Grant | null> {
    const provider = await this.configuration();
    try {
      const tokens = await oidc.refreshTokenGrant(provider, refreshToken);
      return this.granted(tokens, tokens.refresh_token ?? refreshToken, tokens.id_token ?? idToken);
    } catch (error) {
      if (isRefusal(error)) return null;
      throw error;
    }
  }

  /** The provider's own description, fetched once; a failure is not kept, so that the next sign-in asks again. */
  private configuration(): Promise<oidc.Configuration> {
    this.provider ??= this.discover().catch((cause: unknown) => {
      this.provider = undefined;
      throw new Problem(503, 'sign_in_unavailable', 'The sign-in provider cannot be reached now.', {
        cause,
        retryAfterSeconds: 10,
      });
    });
    return this.provider;
  }

  private discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.signIn;
    const url = new URL(issuer);
    return oidc.discovery(
      url,
      clientId,
      undefined,
      clientSecret === null ? oidc.None() : oidc.ClientSecretPost(clientSecret.reveal()),
      { timeout: PROVIDER_TIMEOUT_S, ...(isLoopback(url) ? { execute: [oidc.allowInsecureRequests] } : {}) },
    );
  }
}

/** Without TLS a provider is believed on this machine alone. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

/** The provider's own word that this person is signed in no more, unlike a provider that is away or in trouble. */
function isRefusal(error: unknown): boolean {
  return error instanceof oidc.ResponseBodyError && error.status < 500;
}

function failed(cause?: unknown): Problem {
  return new Problem(400, 'sign_in_failed', 'This sign-in did not succeed, or took too long. Begin again.', { cause });
}
