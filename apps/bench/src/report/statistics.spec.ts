import { median, quantile } from './statistics.js';

describe('the median', () => {
  it('is the middle one, whatever their order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('lies between the two middle ones of an even number', () => {
    expect(median([4, 1, 2, 9])).toBe(3);
  });

  it('is no number where nothing was measured', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a quantile', () => {
  it('lies between its neighbours in proportion', () => {
    const values = Array.from({ length: 101 }, (_, n) => n);
    expect(quantile(values, 0.95)).toBe(95);
    expect(quantile([0, 10], 0.95)).toBeCloseTo(9.5);
  });

  it('leaves the values as they were', () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });
});
