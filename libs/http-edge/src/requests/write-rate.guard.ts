import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Problem } from '../problems/problem.js';
import type { EdgeRequest } from './edge-request.js';
import { WriteRate } from './write-rate.js';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Limits the writes of each signed-in client; stands behind sign-in, which refuses everybody else. */
export class WriteRateGuard implements CanActivate {
  private readonly rate: WriteRate;

  constructor(writesPerMinute: number) {
    this.rate = new WriteRate(writesPerMinute);
  }

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { method, principal } = context.switchToHttp().getRequest<EdgeRequest>();
    if (principal === undefined || READING.has(method)) return true;
    const retryAfterSeconds = this.rate.count(principal.subject, Date.now());
    if (retryAfterSeconds === 0) return true;
    throw new Problem(429, 'too_many_requests', 'Too many writes in this minute.', { retryAfterSeconds });
  }
}
