/** A cell; null is shown as a dash. */
export type Cell = string | number | boolean | null | undefined;

const GAP = '  ';

/** Lines of a table with a head, its columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  const lines = [head, head.map((title) => '-'.repeat(title.length)), ...rows.map((row) => row.map(cellText))];
  return aligned(lines);
}

/** Lines of names and values, one beside the other. */
export function fields(entries: readonly (readonly [name: string, value: Cell])[]): readonly string[] {
  return aligned(entries.map(([name, value]) => [name, cellText(value)]));
}

/** Control characters would let an answer write anywhere on the terminal. */
export function cellText(value: Cell): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}
