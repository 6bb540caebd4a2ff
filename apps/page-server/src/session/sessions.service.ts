import { createHash, randomBytes } from 'node:crypto';
import { type Principal, Problem, type TokenVerifier } from '@hub-export/http-edge';

/** What a sign-in brought. */
export interface Grant {
  readonly accessToken: string;
  /** When the access token ends, in milliseconds since 1970. */
  readonly endsAt: number;
  /**
   * Gets the next one without the person; null where it cannot be had. The answer is null where the provider refuses it,
   * which is for good; it throws where the provider does not answer, which may pass.
   */
  readonly renew: (() => Promise<Grant | null>) | null;
  /** For signing out at the provider. */
  readonly idToken: string | null;
}

export interface Session {
  readonly principal: Principal;
  readonly grant: Grant;
  /** When it ends in any case, in milliseconds since 1970. */
  readonly endsAt: number;
}

interface Kept extends Session {
  lastUsedAt: number;
  renewal: Promise<Kept | null> | null;
}

/** Sessions beyond this end the one that was not used for longest. */
export const SESSIONS_MAX = 10_000;
/** A token is renewed so long before it ends, so that it is still good when it arrives. */
const RENEW_BEFORE_MS = 15_000;

/**
 * Who is signed in by cookie. Kept in memory alone: tokens are on no disk and in no browser, and after a restart people
 * sign in again, mostly without noticing, since the provider remembers them. A session is known by the hash of its id.
 */
export class Sessions {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly limits: { readonly idleMs: number; readonly lifetimeMs: number },
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Begins a session; the id is for the cookie.
   * @throws {Problem} 401 where the token is not one of this site
   */
  async begin(grant: Grant): Promise<string> {
    const principal = await this.verifier.verify(grant.accessToken);
    const id = randomBytes(32).toString('base64url');
    const now = this.now();
    this.makeRoom();
    this.kept.set(nameOf(id), {
      principal,
      grant,
      endsAt: now + this.limits.lifetimeMs,
      lastUsedAt: now,
      renewal: null,
    });
    return id;
  }

  /**
   * The session with a token that is still good; null where there is none, or none any more.
   * @throws {Problem} 503 `sign_in_unavailable` where its token has ended and the provider does not answer; it is kept
   */
  async find(id: string | undefined): Promise<Session | null> {
    if (id === undefined) return null;
    const name = nameOf(id);
    const session = this.kept.get(name);
    if (session === undefined) return null;
    const now = this.now();
    if (now >= session.endsAt || now - session.lastUsedAt > this.limits.idleMs) {
      this.kept.delete(name);
      return null;
    }
    session.lastUsedAt = now;
    // Put last, so that the first is always the one that was not used for longest.
    this.kept.delete(name);
    this.kept.set(name, session);
    if (now < session.grant.endsAt - RENEW_BEFORE_MS) return session;
    session.renewal ??= this.renewed(name, session).finally(() => (session.renewal = null));
    return session.renewal;
  }

  /** Ends a session, and says which; null where there was none. */
  end(id: string | undefined): Session | null {
    if (id === undefined) return null;
    const session = this.kept.get(nameOf(id)) ?? null;
    this.kept.delete(nameOf(id));
    return session;
  }

  get size(): number {
    return this.kept.size;
  }

  private async renewed(name: string, session: Kept): Promise<Kept | null> {
    const grant = await this.nextGrant(session);
    if (grant === session.grant) return session;
    const principal = grant === null ? null : await this.verifier.verify(grant.accessToken).catch(() => null);
    if (grant === null || principal === null) {
      // Nobody is signed in any more; the person signs in again.
      this.kept.delete(name);
      return null;
    }
    const next: Kept = { ...session, grant, principal, renewal: null };
    if (this.kept.has(name)) this.kept.set(name, next);
    return next;
  }

  /** The grant it has serves on as long as its token does, where the provider does not answer. */
  private async nextGrant({ grant }: Kept): Promise<Grant | null> {
    try {
      return (await grant.renew?.()) ?? null;
    } catch (cause) {
      if (this.now() < grant.endsAt) return grant;
      throw new Problem(503, 'sign_in_unavailable', 'The sign-in provider does not answer now.', {
        cause,
        retryAfterSeconds: 10,
      });
    }
  }

  private makeRoom(): void {
    const [oldest] = this.kept.keys();
    if (this.kept.size >= SESSIONS_MAX && oldest !== undefined) this.kept.delete(oldest);
  }
}

function nameOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
