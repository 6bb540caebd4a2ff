import { bytesText, progressText } from './amounts.js';
import { cellText, fields, table } from './table.js';

describe('a table', () => {
  it('has columns as wide as their widest cell, and no blanks at the end of a line', () => {
    expect(
      table(
        ['id', 'status'],
        [
          ['a-long-id', 'failed'],
          ['b', null],
        ],
      ),
    ).toEqual(['id         status', '--         ------', 'a-long-id  failed', 'b          -']);
  });

  it('shows its head where it has no rows', () => {
    expect(table(['id', 'status'], [])).toEqual(['id  status', '--  ------']);
  });

  it('puts values of different kinds beside their names', () => {
    expect(
      fields([
        ['reachable', true],
        ['code', undefined],
        ['attempts', 0],
      ]),
    ).toEqual(['reachable  yes', 'code       -', 'attempts   0']);
  });

  it('lets no answer write elsewhere on the terminal', () => {
    expect(cellText('a\u001b[2Jb\nc\u202ed')).toBe('a?[2Jb?c?d');
  });
});

describe('an amount', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [2_979_798, '3.0 MB'],
    [5e15, '5000.0 TB'],
  ])('of %d bytes is told as %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it('says all of it only when all of it is sent', () => {
    expect(progressText(2_999_999, 3_000_000, 2_000_000)).toBe('3.0 MB of 3.0 MB, 99 %, 2.0 MB/s');
    expect(progressText(0, 0, 0)).toBe('0 B of 0 B, 100 %, 0 B/s');
  });
});
