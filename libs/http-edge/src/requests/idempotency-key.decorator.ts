import { randomUUID } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Problem } from '../problems/problem.js';
import type { EdgeRequest } from './edge-request.js';

/** The request's `Idempotency-Key`: 1 to 200 visible ASCII characters; a new one where the caller sent none. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const given = context.switchToHttp().getRequest<EdgeRequest>().headers['idempotency-key'];
  if (given === undefined) return randomUUID();
  if (typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given)) return given;
  throw new Problem(400, 'invalid_idempotency_key', 'Idempotency-Key must be 1 to 200 visible ASCII characters.');
});
