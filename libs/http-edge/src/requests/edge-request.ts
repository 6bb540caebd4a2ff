import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { Principal } from '../sign-in/principal.js';

/** A request with what the edge has found out about it. */
export interface EdgeRequest extends Request {
  correlationId?: string;
  principal?: Principal;
}

/** The route's template, `/v1/transfers/:transfer_id`; never the path itself, which holds identifiers. */
export function routeOf(request: Pick<EdgeRequest, 'route'>): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : 'unmatched';
}

/** The request's correlation id, which its middleware has set before anything else. */
export function correlationIdOf({ correlationId }: EdgeRequest): string {
  return correlationId ?? 'unknown';
}

/** Sixteen hex digits that tell callers apart in the log without naming them. */
export function subjectHash(subject: string): string {
  return createHash('sha256').update(subject).digest('hex').slice(0, 16);
}
