import { describe, expect, it } from '@jest/globals';
import { inParallel } from './in-parallel.js';

describe('work in parallel', () => {
  it('keeps the order of the items and never exceeds its limit', async () => {
    let running = 0;
    let most = 0;
    const results = await inParallel([5, 4, 3, 2, 1, 0], 3, async (item, place) => {
      most = Math.max(most, (running += 1));
      for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
      running -= 1;
      return [item, place];
    });
    expect(results).toEqual([5, 4, 3, 2, 1, 0].map((item, place) => [item, place]));
    expect(most).toBe(3);
  });

  it('fails where one item fails', async () => {
    const work = inParallel([1, 2], 2, async (item) => {
      if (item === 2) throw new Error('the second');
      return item;
    });
    await expect(work).rejects.toThrow('the second');
  });

  it('does nothing for nothing', async () => {
    expect(await inParallel([], 4, async () => 1)).toEqual([]);
  });
});
