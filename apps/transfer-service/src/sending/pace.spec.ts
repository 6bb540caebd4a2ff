import fc from 'fast-check';
import { portionOf, requestEveryMs } from './pace.js';

describe('the pace of a hub', () => {
  it.each([
    [5, 200],
    [0.01, 100_000],
    [1000, 1],
  ])('of %d requests a second has one each %d ms', (rate, everyMs) => {
    expect(requestEveryMs(rate)).toBe(everyMs);
  });

  it('never grants more bytes at once than an eighth of a second may carry', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 10_000_000_000 }), (cap) => {
        const { bytes, takesMs } = portionOf(cap);
        expect(bytes).toBeGreaterThan(0);
        expect(takesMs).toBeLessThanOrEqual(125);
        expect((bytes * 1000) / takesMs).toBeCloseTo(cap, 0);
      }),
    );
  });
});
