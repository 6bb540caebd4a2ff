/** Cells of a table of a Markdown document, line by line; the first line holds the headings. */
export type Cells = readonly (readonly string[])[];

/** The table as the formatter writes it. */
export function markdownOf(lines: Cells): string {
  const [headings = [], ...rest] = lines;
  const widths = headings.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const row = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [row(headings), row(widths.map((width) => '-'.repeat(width))), ...rest.map(row)].join('\n');
}

/** The cells of a table that stands in a document; nothing where there is none. */
export function cellsIn(text: string): Cells {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  const lines = rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return lines.filter((_, place) => place !== 1);
}
