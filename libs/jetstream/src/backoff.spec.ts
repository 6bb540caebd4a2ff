import fc from 'fast-check';
import { repairDelayMs, retryDelayMs } from './backoff.js';

describe('the rest after a failure', () => {
  it('grows from a second to a minute and stays there', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(retryDelayMs)).toEqual([1_000, 2_000, 5_000, 15_000, 60_000, 60_000, 60_000]);
  });

  it('is five seconds at most while the bus is being repaired', () => {
    expect([1, 2, 3, 4, 5, 100].map(repairDelayMs)).toEqual([100, 500, 1_000, 2_000, 5_000, 5_000]);
  });

  it('never shrinks', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 50 }), (n) => {
        return retryDelayMs(n + 1) >= retryDelayMs(n) && repairDelayMs(n + 1) >= repairDelayMs(n);
      }),
    );
  });
});
