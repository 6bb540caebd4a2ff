import { markdownOf } from '../report/markdown.js';

/** A cost that grows with use, measured at each size. */
export interface Cost {
  readonly name: string;
  readonly unit: string;
  /** One figure for each size, in the order of the sizes; NaN where it was not measured. */
  readonly figures: readonly number[];
}

/** What one size came to: figures by their names. */
export type SizeFigures = Readonly<Record<string, number>>;

/** The costs in the order in which they were measured, each over all sizes. */
export function costsOf(units: Readonly<Record<string, string>>, sizes: readonly SizeFigures[]): readonly Cost[] {
  return Object.entries(units).map(([name, unit]) => ({
    name,
    unit,
    figures: sizes.map((figures) => figures[name] ?? NaN),
  }));
}

/** A table of a Markdown document: a line for each cost, a column for each size. */
export function growthTable(sizes: readonly number[], costs: readonly Cost[]): string {
  const headings = ['Cost', 'Unit', ...sizes.map((size) => `${size.toLocaleString('en-US')} events`)];
  return markdownOf([headings, ...costs.map(({ name, unit, figures }) => [name, unit, ...figures.map(amount)])]);
}

function amount(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
