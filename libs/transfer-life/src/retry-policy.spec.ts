import { FAILURE_CLASSES, type FailureClass } from '@hub-export/contracts';
import fc from 'fast-check';
import {
  DEFAULT_RETRY_POLICY,
  type Failure,
  RETRY_AFTER_MAX_MS,
  retryAfter,
  type RetryPolicy,
} from './retry-policy.js';
import { AT } from './testing/lives.js';

const ALMOST_ONE = 1 - Number.EPSILON;

function failure(failureClass: FailureClass = 'transient', more: Partial<Failure> = {}): Failure {
  return { failureClass, counted: true, retryAfterMs: null, ...more };
}

function delayOf(decision: ReturnType<typeof retryAfter>): number | null {
  return decision.notBefore === null ? null : Date.parse(decision.notBefore) - Date.parse(AT);
}

function nth(n: number, chance: number, more: Partial<Failure> = {}, policy = DEFAULT_RETRY_POLICY) {
  return retryAfter(failure('transient', more), n - 1, policy, AT, chance);
}

describe('the class of a failure alone decides whether it is tried again', () => {
  it.each<[FailureClass, boolean, boolean]>([
    ['transient', true, true],
    ['worker_lost', true, true],
    ['ineligible', true, false],
    ['configuration', false, false],
    ['authorization', false, false],
    ['integrity', false, false],
  ])('%s: tried again %s, at a time %s', (failureClass, retryable, scheduled) => {
    const decision = retryAfter(failure(failureClass), 0, DEFAULT_RETRY_POLICY, AT, 0.5);
    expect(decision.retryable).toBe(retryable);
    expect(decision.notBefore !== null).toBe(scheduled);
    expect(decision.retriesExhausted).toBe(false);
  });

  it('and the table above names them all', () => {
    expect([...FAILURE_CLASSES].sort()).toEqual(
      ['authorization', 'configuration', 'ineligible', 'integrity', 'transient', 'worker_lost'].sort(),
    );
  });

  it('so that a hub that asks for patience does not make a terminal failure retryable', () => {
    for (const failureClass of ['configuration', 'authorization', 'integrity'] as const) {
      const decision = retryAfter(failure(failureClass, { retryAfterMs: 1000 }), 0, DEFAULT_RETRY_POLICY, AT, 0);
      expect(decision).toEqual({ retryable: false, retriesExhausted: false, notBefore: null });
    }
  });
});

describe('the delay', () => {
  it('is at most 30 s at first, doubles, and ends at 15 min', () => {
    const patient: RetryPolicy = { ...DEFAULT_RETRY_POLICY, attemptsMax: 100 };
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 99].map((n) => delayOf(nth(n, ALMOST_ONE, {}, patient)));
    expect(ceilings).toEqual([29_999, 59_999, 119_999, 239_999, 479_999, 899_999, 899_999, 899_999]);
  });

  it('has full jitter: chance moves it through the whole band', () => {
    expect([0, 0.25, 0.5, 0.75].map((chance) => delayOf(nth(2, chance)))).toEqual([0, 15_000, 30_000, 45_000]);
  });

  it('is never shorter than what the hub asks for, up to a day', () => {
    expect(delayOf(nth(1, 0, { retryAfterMs: 1_000_000 }))).toBe(1_000_000);
    expect(delayOf(nth(1, ALMOST_ONE, { retryAfterMs: 1000 }))).toBe(29_999);
    expect(delayOf(nth(1, 0, { retryAfterMs: 10 * RETRY_AFTER_MAX_MS }))).toBe(86_400_000);
  });

  it('of a failure that is not counted is that of the count so far', () => {
    expect(delayOf(nth(1, ALMOST_ONE, { counted: false }))).toBe(29_999);
    expect(delayOf(nth(4, ALMOST_ONE, { counted: false }))).toBe(119_999);
  });
});

describe('the limit', () => {
  it('is five attempts by default', () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => nth(n, 0).retryable)).toEqual([true, true, true, true, false, false]);
    expect(nth(5, 0)).toEqual({ retryable: false, retriesExhausted: true, notBefore: null });
  });

  it('is not used up by failures that are not counted', () => {
    expect(nth(5, 0, { counted: false }).retryable).toBe(true);
  });

  it('does not keep an ineligible resource from being sent when it is eligible again', () => {
    expect(retryAfter(failure('ineligible'), 99, DEFAULT_RETRY_POLICY, AT, 0).retryable).toBe(true);
  });
});

describe('the laws of retrying', () => {
  const policy: fc.Arbitrary<RetryPolicy> = fc.record({
    baseMs: fc.integer({ min: 1, max: 3_600_000 }),
    capMs: fc.integer({ min: 1, max: 86_400_000 }),
    attemptsMax: fc.integer({ min: 1, max: 5000 }),
  });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const n = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6000 }));

  it('without the wish of the hub, the n-th delay lies in [0, min(cap, base · 2^(n−1))]', () => {
    fc.assert(
      fc.property(policy, n, chance, (rules, count, where) => {
        const delay = delayOf(nth(count, where, {}, rules));
        if (count >= rules.attemptsMax) expect(delay).toBeNull();
        else {
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(Math.min(rules.capMs, rules.baseMs * 2 ** (count - 1)));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('with it, the delay is at least what was asked for, and no longer than that or the band', () => {
    const asked = fc.integer({ min: 0, max: 2 * RETRY_AFTER_MAX_MS });
    fc.assert(
      fc.property(policy, n, chance, asked, (rules, count, where, retryAfterMs) => {
        const delay = delayOf(nth(count, where, { retryAfterMs }, rules));
        if (delay === null) return;
        const honoured = Math.min(retryAfterMs, RETRY_AFTER_MAX_MS);
        expect(delay).toBeGreaterThanOrEqual(honoured);
        expect(delay).toBeLessThanOrEqual(Math.max(honoured, Math.min(rules.capMs, rules.baseMs * 2 ** (count - 1))));
      }),
      { numRuns: 1000 },
    );
  });

  it('a chain of counted failures is tried at most as often as the policy says', () => {
    fc.assert(
      fc.property(
        policy.map((rules) => ({ ...rules, attemptsMax: Math.min(rules.attemptsMax, 50) })),
        chance,
        (rules, where) => {
          let attempts = 1;
          while (attempts < 60 && nth(attempts, where, {}, rules).retryable) attempts += 1;
          expect(attempts).toBe(rules.attemptsMax);
        },
      ),
    );
  });

  it('only what is retryable has a time, and what is exhausted is not retryable', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FAILURE_CLASSES),
        fc.boolean(),
        n,
        chance,
        (failureClass, counted, before, where) => {
          const decision = retryAfter(failure(failureClass, { counted }), before, DEFAULT_RETRY_POLICY, AT, where);
          if (decision.notBefore !== null || decision.retriesExhausted) {
            expect(decision.retryable).toBe(!decision.retriesExhausted);
          }
        },
      ),
    );
  });
});
