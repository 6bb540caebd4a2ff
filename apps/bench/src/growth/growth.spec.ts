import { costsOf, growthTable } from './growth.js';

describe('the table of growth', () => {
  const costs = costsOf({ 'log on disk': 'bytes an event', start: 's' }, [
    { 'log on disk': 1234.5, start: 0.98765 },
    { 'log on disk': 900.04 },
  ]);

  it('has a line for each cost and a column for each size, and a dash for what was not measured', () => {
    expect(growthTable([2_000, 20_000], costs).split('\n')).toEqual([
      '| Cost        | Unit           | 2,000 events | 20,000 events |',
      '| ----------- | -------------- | ------------ | ------------- |',
      '| log on disk | bytes an event | 1,235        | 900           |',
      '| start       | s              | 0.988        | –             |',
    ]);
  });
});
