import { type EdgeRequest, Problem, Public } from '@hub-export/http-edge';
import { Controller, Get, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { BrowserEdge } from './browser.edge.js';
import { DevSignInService } from './dev-sign-in.service.js';
import { devSignInPage, isDevSignIn } from './dev-sign-in.js';
import { nextPath } from './next-path.js';
import { OidcClient } from './oidc.client.js';
import { Sessions } from './sessions.service.js';

/** How this server signs in: exactly one of the two. */
export type SignInWay = { readonly dev: DevSignInService } | { readonly oidc: OidcClient };
export const SIGN_IN_WAY = Symbol('SignInWay');

/** What the page is told of who has signed in. */
interface SessionDocument {
  readonly signed_in: boolean;
  readonly subject?: string;
  readonly name?: string | null;
  readonly roles?: readonly string[];
  readonly centers?: readonly string[] | 'all';
  /** When the session ends in any case, ISO 8601. */
  readonly expires_at?: string;
}

/** Sign-in by cookie for everything that runs in a browser. */
@Public()
@ApiTags('session')
@Controller()
export class SessionController {
  constructor(
    private readonly browser: BrowserEdge,
    private readonly sessions: Sessions,
    @Inject(SIGN_IN_WAY) private readonly way: SignInWay,
  ) {}

  @Get('session')
  @ApiOperation({ summary: 'Who has signed in; gives the browser its token against forged requests.' })
  async read(@Req() request: EdgeRequest, @Res({ passthrough: true }) response: Response): Promise<SessionDocument> {
    this.browser.giveCsrfToken(request, response);
    const session = await this.browser.sessionOf(request);
    if (session === null) return { signed_in: false };
    const { subject, name, roles, centers } = session.principal;
    const expires_at = new Date(session.endsAt).toISOString();
    return { signed_in: true, subject, name, roles: [...roles], centers, expires_at };
  }

  /** The second path is where lx-annotate's page goes when it is told 401. */
  @Get(['session/sign-in', 'oidc/authenticate'])
  @ApiOperation({ summary: 'Begins a sign-in; `next` is where it ends.' })
  async begin(@Query('next') asked: unknown, @Res() response: Response): Promise<void> {
    const next = nextPath(asked);
    if ('dev' in this.way) {
      response.type('html').send(devSignInPage(next));
      return;
    }
    const { url, cookie } = await this.way.oidc.begin(next);
    this.browser.beginSignIn(response, cookie);
    response.redirect(303, url);
  }

  @Get('session/callback')
  @ApiOperation({ summary: 'Where the sign-in provider sends the browser back.' })
  async finish(@Req() request: EdgeRequest, @Res() response: Response): Promise<void> {
    if (!('oidc' in this.way)) throw new Problem(404, 'not_found', 'There is nothing here.');
    const cookie = this.browser.endSignIn(request, response);
    const { grant, next } = await this.way.oidc.finish(queryOf(request), cookie);
    await this.signIn(request, response, () => this.sessions.begin(grant), next);
  }

  @Get('session/dev-sign-in')
  @ApiOperation({ summary: 'Signs in at once, in development alone.' })
  async devSignIn(
    @Query('as') as: unknown,
    @Query('next') asked: unknown,
    @Req() request: EdgeRequest,
    @Res() response: Response,
  ): Promise<void> {
    if (!('dev' in this.way)) throw new Problem(404, 'not_found', 'There is nothing here.');
    const { dev } = this.way;
    if (!isDevSignIn(as)) throw new Problem(400, 'unknown_sign_in', 'There is no such development sign-in.');
    await this.signIn(request, response, async () => this.sessions.begin(await dev.grant(as)), nextPath(asked));
  }

  @Post('session/sign-out')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends the session; answers where the browser goes to sign out at the provider too.' })
  async signOut(
    @Req() request: EdgeRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ readonly redirect_to: string }> {
    this.browser.refuseForged(request);
    const session = this.browser.endSession(request, response);
    if (session === null || !('oidc' in this.way)) return { redirect_to: '/' };
    return { redirect_to: (await this.way.oidc.endSessionUrl(session.grant.idToken)) ?? '/' };
  }

  /** A new id at each sign-in: one that somebody planted before is worth nothing after it. */
  private async signIn(
    request: EdgeRequest,
    response: Response,
    begin: () => Promise<string>,
    next: string,
  ): Promise<void> {
    const id = await begin();
    this.browser.replaceSession(request, response, id);
    this.browser.giveCsrfToken(request, response);
    response.redirect(303, next);
  }
}

function queryOf({ originalUrl }: EdgeRequest): string {
  const place = originalUrl.indexOf('?');
  return place < 0 ? '' : originalUrl.slice(place);
}
