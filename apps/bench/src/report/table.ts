import { cellsIn, markdownOf } from './markdown.js';
import type { Result } from './result.js';

const HEADINGS = ['Name', 'Figure', 'Limit', 'Ratio (min–max)', 'Goal', 'Met'] as const;

/** The results in aligned columns, for a terminal. */
export function textTable(results: readonly Result[]): string {
  const lines = [[...HEADINGS], ...results.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * The results as a table of a Markdown document. Rows that were not measured this time keep the lines that the table had.
 * @param names of all rows, in the table's order
 * @param before the text with the table as it was
 */
export function markdownTable(results: readonly Result[], names: readonly string[], before = ''): string {
  const measured = new Set(results.map(({ name }) => name));
  const kept = cellsIn(before)
    .slice(1)
    .filter(([title = '']) => !measured.has(nameIn(title)));
  const lines = [...kept, ...results.map(cellsOf)];
  const ordered = names.flatMap((name) => lines.filter(([title = '']) => nameIn(title) === name));
  return markdownOf([[...HEADINGS], ...ordered]);
}

/** The row's name in the title of a line, which may say of several which this is. */
function nameIn(title: string): string {
  return title.split(' ')[0] ?? '';
}

function cellsOf(result: Result): string[] {
  const { name, variant, unit, value, limit, ratio, ratio_min, ratio_max, goal, met, error } = result;
  const title = variant === null ? name : `${name} (${variant})`;
  if (error !== undefined) return [title, 'failed', error, '', '', 'no'];
  return [
    title,
    `${amount(value)} ${unit}`,
    limit === null ? '–' : `${amount(limit)} ${unit}`,
    ratio === null ? '–' : `${times(ratio)} (${times(ratio_min)}–${times(ratio_max)})`,
    goal ?? '–',
    met === null ? '–' : met ? 'yes' : 'no',
  ];
}

function times(ratio: number | null): string {
  return ratio === null ? '?' : ratio.toFixed(2);
}

/** Three digits, and thousands set apart. */
function amount(value: number | null): string {
  if (value === null) return '?';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
