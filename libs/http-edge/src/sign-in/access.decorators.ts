import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { EdgeRequest } from '../requests/edge-request.js';
import { Problem } from '../problems/problem.js';
import type { Principal, Role } from './principal.js';

/** Under this key a route or controller says who may call it: a list of roles, or `public`. */
export const ACCESS = 'hub-export:access';

/** Who may call a route; a route that says nothing is `closed`. */
export type Access = readonly Role[] | 'public' | 'closed';

/** The route is for callers who have at least one of these roles; on a method it replaces the controller's. */
export function Roles(...roles: readonly [Role, ...Role[]]): ClassDecorator & MethodDecorator {
  return SetMetadata(ACCESS, roles);
}

/** The route needs no sign-in: for health, metrics, and what a browser asks before anybody has signed in. */
export function Public(): ClassDecorator & MethodDecorator {
  return SetMetadata(ACCESS, 'public' satisfies Access);
}

/** The signed-in caller; on a public route there is none, and asking for it answers 401. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<EdgeRequest>();
  if (principal === undefined) throw new Problem(401, 'not_signed_in', 'A token is needed here.');
  return principal;
});

/** What a handler or its controller says of its access; deny by default. */
export function accessOf(handler: object, controller: object): Access {
  const own = Reflect.getMetadata(ACCESS, handler) as Access | undefined;
  return own ?? (Reflect.getMetadata(ACCESS, controller) as Access | undefined) ?? 'closed';
}
