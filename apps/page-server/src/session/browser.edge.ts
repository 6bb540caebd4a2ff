import { createHash, randomBytes } from 'node:crypto';
import { type EdgeRequest, Problem } from '@hub-export/http-edge';
import type { Response } from 'express';
import { CSRF_COOKIE, cookieNames, parseCookies } from './cookies.js';
import { isCsrfToken, isForged } from './csrf.js';
import type { Caller } from '../proxy/proxy.server.js';
import type { Session, Sessions } from './sessions.service.js';

const NOBODY: Caller = { authorization: undefined, name: 'nobody' };

/** A sign-in at the provider must come back within this time. */
export const SIGN_IN_MS = 600_000;

/** What this server and a browser tell each other by cookies. */
export class BrowserEdge {
  private readonly https: boolean;
  private readonly names: ReturnType<typeof cookieNames>;

  constructor(
    private readonly sessions: Sessions,
    publicUrl: string | null,
  ) {
    this.https = publicUrl?.startsWith('https:') ?? false;
    this.names = cookieNames(this.https);
  }

  /**
   * Who asks: by the `Authorization` of the request itself, else by the session.
   * @throws {Problem} 403 `csrf_failed`
   */
  async authorize(request: EdgeRequest): Promise<Caller> {
    const own = request.headers['authorization'];
    if (own !== undefined) return { authorization: own, name: createHash('sha256').update(own).digest('base64url') };
    const session = await this.sessionOf(request);
    if (session === null) return NOBODY;
    this.refuseForged(request);
    return { authorization: `Bearer ${session.grant.accessToken}`, name: `person ${session.principal.subject}` };
  }

  sessionOf(request: EdgeRequest): Promise<Session | null> {
    return this.sessions.find(this.cookies(request).get(this.names.session));
  }

  /** @throws {Problem} 403 `csrf_failed` */
  refuseForged(request: EdgeRequest): void {
    const { method, headers } = request;
    const cookie = this.cookies(request).get(CSRF_COOKIE);
    if (isForged({ method, cookie, header: headers['x-csrftoken'], site: headers['sec-fetch-site'] })) {
      throw new Problem(
        403,
        'csrf_failed',
        'The header X-CSRFToken must repeat the cookie csrftoken. Load the page again.',
      );
    }
  }

  /** The session that the browser had before, if any, ends. */
  replaceSession(request: EdgeRequest, response: Response, id: string): void {
    this.sessions.end(this.cookies(request).get(this.names.session));
    response.cookie(this.names.session, id, this.hidden('strict'));
  }

  endSession(request: EdgeRequest, response: Response): Session | null {
    response.clearCookie(this.names.session, this.hidden('strict'));
    return this.sessions.end(this.cookies(request).get(this.names.session));
  }

  /** Ties a sign-in to the browser that began it; Lax, since the provider sends the browser back from another site. */
  beginSignIn(response: Response, cookie: string): void {
    response.cookie(this.names.signIn, cookie, { ...this.hidden('lax'), maxAge: SIGN_IN_MS });
  }

  endSignIn(request: EdgeRequest, response: Response): string | undefined {
    response.clearCookie(this.names.signIn, this.hidden('lax'));
    return this.cookies(request).get(this.names.signIn);
  }

  /** Gives a browser that has none the token that its writes repeat. One that is there, Django's perhaps, stays. */
  giveCsrfToken(request: EdgeRequest, response: Response): void {
    if (isCsrfToken(this.cookies(request).get(CSRF_COOKIE))) return;
    const token = randomBytes(32).toString('base64url');
    response.cookie(CSRF_COOKIE, token, { httpOnly: false, sameSite: 'strict', secure: this.https, path: '/' });
  }

  private cookies({ headers }: EdgeRequest): ReadonlyMap<string, string> {
    return parseCookies(headers['cookie']);
  }

  private hidden(sameSite: 'strict' | 'lax') {
    return { httpOnly: true, sameSite, secure: this.https, path: '/' } as const;
  }
}
