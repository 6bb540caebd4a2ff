import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dueSize } from './due.js';

const rule = { everyEntries: 100, everyMs: 60_000 };
const facts = { lastSize: 130, lastAt: 0, contiguousTo: 150, now: 1_000 };

describe('a checkpoint', () => {
  it('is due at each multiple, and after its time where anything came since', () => {
    expect(dueSize(rule, facts)).toBeNull();
    expect(dueSize(rule, { ...facts, contiguousTo: 200 })).toBe(200);
    expect(dueSize(rule, { ...facts, contiguousTo: 450 })).toBe(200);
    expect(dueSize(rule, { ...facts, now: 60_000 })).toBe(150);
    expect(dueSize(rule, { ...facts, now: 60_000, contiguousTo: 130 })).toBeNull();
    expect(dueSize(rule, { ...facts, lastSize: 0, contiguousTo: 0, now: 60_000 })).toBeNull();
  });

  it('is due at the same multiples, however the record came in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 250 }), { maxLength: 20 }), (arrivals) => {
        const made: number[] = [];
        let contiguousTo = 0;
        for (const arrived of arrivals) {
          contiguousTo += arrived;
          for (;;) {
            const size = dueSize(rule, { lastSize: made.at(-1) ?? 0, lastAt: 0, contiguousTo, now: 0 });
            if (size === null) break;
            made.push(size);
          }
        }
        expect(made).toEqual(Array.from({ length: Math.floor(contiguousTo / 100) }, (_, n) => (n + 1) * 100));
      }),
    );
  });
});
