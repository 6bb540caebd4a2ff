import { atLeast, atMost } from './goal.js';
import { failedResult, resultOf } from './result.js';
import { markdownTable, textTable } from './table.js';
import { withTable } from './document.js';

const ROUNDS = [
  { ours: 50, raw: 100 },
  { ours: 30, raw: 30 },
  { ours: 80, raw: 100 },
];

describe('a result', () => {
  it('holds figures of the same round against each other, and is the median of these ratios', () => {
    const result = resultOf('row', { value: 'ours', limit: 'raw', unit: 'events/s', goal: atLeast(0.8) }, ROUNDS);
    expect(result).toMatchObject({ value: 50, limit: 100, ratio: 0.8, ratio_min: 0.5, ratio_max: 1, rounds: 3 });
  });

  it('reaches a goal exactly, and misses it by the least', () => {
    const comparison = { value: 'ours', limit: 'raw', unit: 'events/s' };
    const metBy = (goal: ReturnType<typeof atLeast>): boolean | null =>
      resultOf('row', { ...comparison, goal }, ROUNDS).met;
    expect([atLeast(0.8), atLeast(0.801), atMost(0.8), atMost(0.799)].map(metBy)).toEqual([true, false, true, false]);
  });

  it('without a limit is judged by its own figure', () => {
    const result = resultOf('idle', { value: 'ours', unit: 'MB', goal: atMost(60, 'MB') }, ROUNDS);
    expect(result).toMatchObject({ value: 50, limit: null, ratio: null, goal: '≤ 60 MB', met: true });
  });

  it('that shows a further limit has no goal to reach', () => {
    const result = resultOf('row', { value: 'ours', limit: 'raw', unit: 'ms' }, ROUNDS);
    expect(result).toMatchObject({ ratio: 0.8, goal: null, met: null });
    expect(textTable([result]).split('\n')[1]).toBe('row   50 ms   100 ms  0.80 (0.50–1.00)  –     –');
  });

  it('reaches nothing where a figure is missing', () => {
    const result = resultOf('row', { value: 'other', limit: 'raw', unit: 'ms', goal: atMost(1) }, ROUNDS);
    expect(result).toMatchObject({ value: null, ratio: null, met: false });
  });

  it('that broke down says why', () => {
    expect(failedResult('row', 'no disk')).toMatchObject({ name: 'row', met: false, error: 'no disk', value: null });
  });
});

describe('the table', () => {
  const results = [
    resultOf('append', { value: 'ours', limit: 'raw', unit: 'events/s', goal: atLeast(0.8) }, ROUNDS),
    resultOf('idle', { variant: 'memory', value: 'ours', unit: 'MB', goal: atMost(20, 'MB') }, ROUNDS),
    failedResult('broken', 'no disk'),
  ];

  it('has a line for each result, in columns', () => {
    expect(textTable(results).split('\n').slice(1)).toEqual([
      'append         50 events/s  100 events/s  0.80 (0.50–1.00)  ≥ 0.8 ×  yes',
      'idle (memory)  50 MB        –             –                 ≤ 20 MB  no',
      'broken         failed       no disk                                  no',
    ]);
  });

  it('stands in a document between its marks, again and again', () => {
    const document = 'before\n\n<!-- table: npm run bench -- --write -->\nold\n<!-- end of table -->\n\nafter\n';
    const names = ['append', 'idle', 'broken'];
    const written = (text: string): string => withTable(text, '--write', () => markdownTable(results, names));
    const once = written(document);
    expect(once).not.toContain('old');
    expect(once).toContain('| append        | 50 events/s | 100 events/s | 0.80 (0.50–1.00) | ≥ 0.8 × | yes |');
    expect(written(once)).toBe(once);
    expect(() => written('no marks')).toThrow('no place');
    expect(() => withTable(document, '--growth --write', () => '')).toThrow('no place');
  });

  it('keeps the lines of rows that were not measured this time, in the order of the rows', () => {
    const names = ['broken', 'append', 'idle'];
    const before = markdownTable(results, names);
    const again = [failedResult('append', 'no memory')];
    expect(markdownTable(again, names, `text\n\n${before}\n`).split('\n').slice(2)).toEqual([
      expect.stringMatching(/^\| broken +\| failed +\| no disk/),
      expect.stringMatching(/^\| append +\| failed +\| no memory/),
      expect.stringMatching(/^\| idle \(memory\) +\| 50 MB/),
    ]);
  });
});
