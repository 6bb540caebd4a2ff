import { Lane } from './lane.js';

describe('a lane', () => {
  it('of width 1 lets one after the other pass, in the order they came', async () => {
    const lane = new Lane(1);
    const passed: number[] = [];
    const leaveFirst = await lane.enter();
    const others = [1, 2, 3].map(async (n) => {
      const leave = await lane.enter();
      passed.push(n);
      leave();
    });
    expect(passed).toEqual([]);
    leaveFirst();
    await Promise.all(others);
    expect(passed).toEqual([1, 2, 3]);
  });

  it('is never wider than it is, even when one leaves twice', async () => {
    const lane = new Lane(2);
    const leave = await lane.enter();
    await lane.enter();
    leave();
    leave();
    await lane.enter();
    let fourth = false;
    void lane.enter().then(() => (fourth = true));
    await Promise.resolve();
    expect(fourth).toBe(false);
  });

  it('is idle when the last has left, and at once when nobody is there', async () => {
    const lane = new Lane(1);
    await lane.idle();
    const leave = await lane.enter();
    let idle = false;
    const waiting = lane.idle().then(() => (idle = true));
    await Promise.resolve();
    expect(idle).toBe(false);
    leave();
    await waiting;
    expect(idle).toBe(true);
  });
});
