import { OTHER_POINTS, SENDER_POINTS } from './crash-point.js';
import { hubFaults } from './hub-fault.js';
import { apart, otherCrashes, quickMatrix, senderMatrix, spread } from './matrix.js';

const FAULTS = hubFaults('canary');

describe('the matrix', () => {
  it('has each of the sender’s crash points in the quick sample, with one sender and with two', () => {
    const seen = quickMatrix(FAULTS);
    for (const workers of [1, 2] as const) {
      const points = seen.filter((cell) => cell.workers === workers).map(({ point }) => point);
      expect(points).toEqual(SENDER_POINTS);
    }
  });

  it('has every meeting of a crash and a fault that can be, twice, and none that cannot', () => {
    const cells = senderMatrix(FAULTS);
    const meetings = SENDER_POINTS.flatMap((point) => FAULTS.filter((fault) => apart(point, fault) === null));
    expect(cells).toHaveLength(2 * meetings.length);
    for (const { point, fault } of cells) expect(point === null ? 'no crash' : apart(point, fault)).toBeNull();
  });

  it('leaves no fault out: each meets a crash somewhere', () => {
    const met = new Set(senderMatrix(FAULTS).map(({ fault }) => fault.name));
    expect([...met].sort()).toEqual(FAULTS.map(({ name }) => name).sort());
  });

  it('has the crashes of the other parts with one sender and with two', () => {
    expect(otherCrashes()).toHaveLength(2 * OTHER_POINTS.length);
  });

  it.each([
    [
      ['a', 'b'],
      ['1', '2', '3', '4', '5', '6'],
      ['1', '2', 'a', '3', '4', 'b', '5', '6'],
    ],
    [['a', 'b', 'c'], ['1'], ['1', 'a', 'b', 'c']],
    [[], ['1', '2'], ['1', '2']],
    [['a'], [], ['a']],
  ])('spreads %j among %j', (few, many, mixed) => {
    expect(spread(few, many)).toEqual(mixed);
  });
});
