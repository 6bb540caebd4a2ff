import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Log } from '../log/log.service.js';
import type { Metrics } from '../metrics/metrics.service.js';
import { Problem } from '../problems/problem.js';
import { type EdgeRequest, routeOf, subjectHash } from '../requests/edge-request.js';
import { accessOf } from './access.decorators.js';
import { hasRole, type Principal, type Role } from './principal.js';
import { TOKEN_SOURCES } from './token-sources.js';
import type { TokenVerifier } from './token.verifier.js';

/** Global, deny by default: a route is open only to whom its `@Roles` or `@Public` names. Refusals are logged and counted. */
export class SignInGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Messages of the bus are no HTTP: who may publish them is the bus' affair.
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getHandler(), context.getClass());
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<EdgeRequest>();
    try {
      request.principal = await this.signIn(request);
      requireRole(request.principal, access === 'closed' ? [] : access);
      return true;
    } catch (error) {
      if (error instanceof Problem) this.tell(error, request);
      throw error;
    }
  }

  private async signIn({ headers }: EdgeRequest): Promise<Principal> {
    const token = TOKEN_SOURCES.map((source) => source(headers)).find((found) => found !== undefined);
    if (token === undefined) throw new Problem(401, 'not_signed_in', 'A token is needed here.');
    return this.verifier.verify(token);
  }

  private tell({ code, status }: Problem, request: EdgeRequest): void {
    this.metrics.accessRefused.inc({ code });
    const subject_hash = request.principal && subjectHash(request.principal.subject);
    this.log.warn({
      event: 'access_refused',
      code,
      status,
      method: request.method,
      route: routeOf(request),
      subject_hash,
    });
  }
}

function requireRole(principal: Principal, roles: readonly Role[]): void {
  if (roles.length === 0) throw new Problem(403, 'route_closed', 'This route is open to nobody.');
  if (hasRole(principal, roles)) return;
  throw new Problem(403, 'role_missing', `This needs the role ${roles.join(' or ')}.`);
}
