import { jest } from '@jest/globals';
import { WorkLoop } from './work-loop.js';

describe('a work loop', () => {
  let steps: number;
  let outcome: () => boolean;
  let failures: number[];
  let loop: WorkLoop;

  beforeEach(() => {
    jest.useFakeTimers();
    steps = 0;
    failures = [];
    outcome = () => false;
    loop = new WorkLoop({
      step: async () => {
        steps += 1;
        return outcome();
      },
      idleMs: () => 1_000,
      onFailure: (_error, count) => failures.push(count),
    });
  });
  afterEach(async () => {
    await loop.stop();
    jest.useRealTimers();
  });

  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  it('looks again after a while when there is nothing to do', async () => {
    loop.start();
    await pass(999);
    expect(steps).toBe(1);
    await pass(1);
    expect(steps).toBe(2);
  });

  it('goes on at once while there is more', async () => {
    outcome = () => steps < 5;
    loop.start();
    await pass(0);
    expect(steps).toBe(5);
  });

  it('is woken out of its rest, and by a call that comes in the middle of a step', async () => {
    loop.start();
    await pass(0);
    loop.wake();
    await pass(0);
    expect(steps).toBe(2);
    outcome = () => {
      if (steps === 3) loop.wake();
      return false;
    };
    loop.wake();
    await pass(0);
    expect(steps).toBe(4);
  });

  it('keeps a gap between steps, whoever wakes, and none for somebody who waits', async () => {
    const spaced = new WorkLoop({
      step: async () => {
        steps += 1;
        return outcome();
      },
      idleMs: () => 1_000,
      gapMs: () => 50,
      onFailure: (_error, count) => failures.push(count),
    });
    spaced.start();
    await pass(0);
    spaced.wake();
    await pass(49);
    spaced.wake();
    expect(steps).toBe(1);
    await pass(1);
    expect(steps).toBe(2);
    spaced.hurry();
    await pass(0);
    expect(steps).toBe(3);
    // In the gap, and in the middle of a step.
    spaced.wake();
    await pass(0);
    expect(steps).toBe(3);
    outcome = () => {
      if (steps === 4) spaced.hurry();
      return false;
    };
    spaced.hurry();
    await pass(0);
    expect(steps).toBe(5);
    // After a rest it is there at once.
    await pass(50);
    spaced.wake();
    await pass(0);
    expect(steps).toBe(6);
    await spaced.stop();
  });

  it('goes on after failures, with pauses that double up to five seconds and that no call shortens', async () => {
    outcome = () => {
      throw new Error('down');
    };
    loop.start();
    for (const ms of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      const before = steps;
      await pass(ms - 1);
      loop.wake();
      await pass(0);
      expect(steps).toBe(Math.max(before, 1));
      await pass(1);
      expect(steps).toBe(Math.max(before, 1) + 1);
    }
    outcome = () => false;
    await pass(5_000);
    outcome = () => {
      throw new Error('down again');
    };
    await pass(1_000);
    expect(failures).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 1]);
  });

  it('ends out of any rest and does nothing more, until it is started again', async () => {
    loop.start();
    await pass(0);
    await loop.stop();
    await pass(10_000);
    expect(steps).toBe(1);
    loop.start();
    await pass(0);
    expect(steps).toBe(2);
  });
});
