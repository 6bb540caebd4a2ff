import { Problem } from '@hub-export/http-edge';
import * as oidc from 'openid-client';
import type { BrowserSignIn } from '../config.js';
import { SIGN_IN_MS } from './browser.edge.js';
import type { Grant } from './sessions.service.js';

type OidcSignIn = Extract<BrowserSignIn, { mode: 'oidc' }>;

/** A sign-in that has gone to the provider and has not come back. */
interface Pending {
  readonly verifier: string;
  readonly nonce: string;
  readonly next: string;
  readonly begunAt: number;
}

/** So many people may be on their way to the provider and back; the oldest is forgotten first. */
const PENDING_MAX = 1_000;
const PROVIDER_TIMEOUT_S = 10;
/** Where the provider sends browsers back; it must be registered there. */
export const CALLBACK_PATH = '/session/callback';
/** A provider that does not say how long its token is good is asked again after this. */
const TOKEN_LIFETIME_S = 60;

/** Sign-in at the provider: authorization code with PKCE, done here, so that no token is ever in the browser. */
export class OidcClient {
  private provider: Promise<oidc.Configuration> | undefined;
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly signIn: OidcSignIn,
    private readonly publicUrl: string,
  ) {}

  /**
   * Where the browser goes now, and the state that brings it back.
   * @throws {Problem} 503 `sign_in_unavailable`
   */
  async begin(next: string): Promise<{ readonly url: string; readonly state: string }> {
    const provider = await this.configuration();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const verifier = oidc.randomPKCECodeVerifier();
    this.makeRoom();
    this.pending.set(state, { verifier, nonce, next, begunAt: Date.now() });
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: `${this.publicUrl}${CALLBACK_PATH}`,
      scope: this.signIn.scopes,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return { url: url.href, state };
  }

  /**
   * What the provider has granted.
   * @param query as the provider sent the browser back
   * @param state that of the browser's own cookie
   * @throws {Problem} 400 `sign_in_failed`
   */
  async finish(query: string, state: string | undefined): Promise<{ readonly grant: Grant; readonly next: string }> {
    const begun = state === undefined ? undefined : this.pending.get(state);
    if (state === undefined || begun === undefined || Date.now() - begun.begunAt > SIGN_IN_MS) throw failed();
    this.pending.delete(state);
    const provider = await this.configuration();
    const at = new URL(`${this.publicUrl}${CALLBACK_PATH}${query}`);
    const tokens = await oidc
      .authorizationCodeGrant(provider, at, {
        pkceCodeVerifier: begun.verifier,
        expectedState: state,
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

  private async renewed(refreshToken: string, idToken: string | null): Promise<Grant> {
    const tokens = await oidc.refreshTokenGrant(await this.configuration(), refreshToken);
    return this.granted(tokens, tokens.refresh_token ?? refreshToken, tokens.id_token ?? idToken);
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

  private makeRoom(): void {
    const [oldest] = this.pending.keys();
    if (this.pending.size >= PENDING_MAX && oldest !== undefined) this.pending.delete(oldest);
  }
}

/** Without TLS a provider is believed on this machine alone. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

function failed(cause?: unknown): Problem {
  return new Problem(400, 'sign_in_failed', 'This sign-in did not succeed, or took too long. Begin again.', { cause });
}
