import { GroupedCalls } from './grouped-calls.js';

describe('grouped calls', () => {
  const LIMITS = { perCall: 3, waiting: 5 };
  let groups: number[][];
  let open: (() => void)[];
  let calls: GroupedCalls<number, number>;

  beforeEach(() => {
    groups = [];
    open = [];
    calls = new GroupedCalls<number, number>(async (items) => {
      groups.push([...items]);
      await new Promise<void>((resolve) => open.push(resolve));
      if (items.includes(13)) throw new Error('unlucky');
      return items.map((item) => () => {
        if (item === 7) throw new Error('no seven');
        return item * 10;
      });
    }, LIMITS);
  });

  async function openNext(): Promise<void> {
    while (open.length === 0) await new Promise(setImmediate);
    open.shift()?.();
  }

  it('go together where they are called in the same breath or while one runs, in their order and at most so many', async () => {
    const first = [1, 2].map((item) => calls.call(item, 1));
    await openNext();
    const later = [3, 4, 5, 6].map((item) => calls.call(item, 1));
    for (let group = 0; group < 2; group += 1) await openNext();
    expect(await Promise.all([...first, ...later])).toEqual([10, 20, 30, 40, 50, 60]);
    expect(groups).toEqual([[1, 2], [3, 4, 5], [6]]);
  });

  it('go at once where nobody else calls', async () => {
    const answer = calls.call(1, 1);
    await Promise.resolve();
    expect(groups).toEqual([[1]]);
    await openNext();
    expect(await answer).toBe(10);
  });

  it('are not put together beyond what one call may carry', async () => {
    const answers = [1, 2, 3].map((item) => calls.call(item, 3 * 1024 * 1024));
    for (let group = 0; group < 3; group += 1) await openNext();
    await Promise.all(answers);
    expect(groups).toEqual([[1], [2], [3]]);
  });

  it('fail together with their whole call, and the next call goes on', async () => {
    const answers = Promise.allSettled([7, 8, 13, 9].map((item) => calls.call(item, 1)));
    for (let group = 0; group < 2; group += 1) await openNext();
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
  });

  it('fail alone where one item is refused', async () => {
    const answers = Promise.allSettled([1, 2, 7, 3, 4].map((item) => calls.call(item, 1)));
    for (let group = 0; group < 2; group += 1) await openNext();
    expect((await answers).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('are refused at once when too many wait', async () => {
    const answers = [1, 2, 3, 4, 5].map((item) => calls.call(item, 1));
    await expect(calls.call(99, 1)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    for (let group = 0; group < 2; group += 1) await openNext();
    expect(await Promise.all(answers)).toHaveLength(5);
  });

  it('run so many at the same time, and no more', async () => {
    let [running, most] = [0, 0];
    const twoAtOnce = new GroupedCalls<number, number>(
      async (items) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        return items.map((item) => () => item);
      },
      { perCall: 2, atOnce: 2 },
    );
    const items = Array.from({ length: 9 }, (_, item) => item);
    expect(await Promise.all(items.map((item) => twoAtOnce.call(item)))).toEqual(items);
    expect(most).toBe(2);
  });
});
