import type { FailureClass } from '@hub-export/contracts';

/** When a failed transfer is tried again by itself. */
export interface RetryPolicy {
  /** First delay, doubled with each further attempt. Default 30 s. */
  readonly baseMs: number;
  /** No delay is longer, unless the hub itself asks for more. Default 15 min. */
  readonly capMs: number;
  /** Automatic attempts before a person must look, counted afresh after an operator's retry. Default 5. */
  readonly attemptsMax: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = { baseMs: 30_000, capMs: 900_000, attemptsMax: 5 };

/** A hub may ask for patience, but not for ever: one day. */
export const RETRY_AFTER_MAX_MS = 86_400_000;

export interface Failure {
  readonly failureClass: FailureClass;
  /** Whether it uses up an automatic attempt. */
  readonly counted: boolean;
  /** What the hub asked for in `Retry-After`, if it did. */
  readonly retryAfterMs: number | null;
}

export interface RetryDecision {
  readonly retryable: boolean;
  readonly retriesExhausted: boolean;
  readonly notBefore: string | null;
}

/** Classes that time can mend. Retryability comes from the class, never from a text. */
const MENDED_BY_TIME: ReadonlySet<FailureClass> = new Set(['transient', 'worker_lost']);

/**
 * Whether and when a failure is tried again: exponential backoff with full jitter.
 *
 * @param countedBefore failures since the operator's last word that used up an attempt, this one not included
 * @param chance a random number in [0, 1), so that many transfers do not come back at the same moment
 */
export function retryAfter(
  failure: Failure,
  countedBefore: number,
  policy: RetryPolicy,
  at: string,
  chance: number,
): RetryDecision {
  // Eligible again is a fact of the site, not of time: it is waited for, not scheduled.
  if (failure.failureClass === 'ineligible') return { retryable: true, retriesExhausted: false, notBefore: null };
  if (!MENDED_BY_TIME.has(failure.failureClass)) return { retryable: false, retriesExhausted: false, notBefore: null };

  const counted = countedBefore + (failure.counted ? 1 : 0);
  if (counted >= policy.attemptsMax) return { retryable: false, retriesExhausted: true, notBefore: null };

  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.max(0, counted - 1));
  const asked = Math.min(failure.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
  const delayMs = Math.max(asked, Math.floor(ceiling * chance));
  return { retryable: true, retriesExhausted: false, notBefore: new Date(Date.parse(at) + delayMs).toISOString() };
}
