import { describe, expect, it } from '@jest/globals';
import { EntryGroups } from './entry-groups.js';

describe('groups of entries', () => {
  it('hold what came while another ran, in its order, and no more than they may', async () => {
    const ran: (readonly number[])[] = [];
    const groups = new EntryGroups<number, number>(3, async (items) => {
      ran.push(items);
      return items.map((item) => item * 10);
    });
    const answers = await Promise.all([1, 2, 3, 4, 5].map((item) => groups.call(item)));
    expect(answers).toEqual([10, 20, 30, 40, 50]);
    expect(ran).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('spoil nothing but the bad item itself', async () => {
    const groups = new EntryGroups<number, number>(10, async (items) => {
      if (items.includes(3)) throw new Error('three');
      return items;
    });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((item) => groups.call(item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });
});
