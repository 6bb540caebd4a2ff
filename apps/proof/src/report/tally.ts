import { figuresOf, seconds } from './figures.js';

/** What of a cell is told. */
export interface CellOutcome {
  readonly group: string;
  readonly outcome: 'passed' | 'unreached' | 'failed';
  readonly recoveryMs: number | null;
}

/** The count of a whole run, as the last line tells it. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;

  add(passed: number, failed: number, skipped: number): void {
    this.passed += passed;
    this.failed += failed;
    this.skipped += Math.max(0, skipped);
  }

  line(): string {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}

export const CELL_HEAD = ['Group', 'Run', 'Passed', 'Unreached', 'Failed', 'Recovery p50', 'p99', 'max'];

/** A row for each group. */
export function cellRows(cells: readonly CellOutcome[]): readonly (readonly string[])[] {
  return [...new Set(cells.map(({ group }) => group))].map((group) => {
    const all = cells.filter((cell) => cell.group === group);
    const count = (outcome: CellOutcome['outcome']): string =>
      String(all.filter((cell) => cell.outcome === outcome).length);
    const times = figuresOf(all.flatMap(({ recoveryMs }) => recoveryMs ?? []));
    const recovery = times.count === 0 ? ['-', '-', '-'] : [seconds(times.p50), seconds(times.p99), seconds(times.max)];
    return [
      group,
      String(all.filter(({ outcome }) => outcome !== 'unreached').length),
      count('passed'),
      count('unreached'),
      count('failed'),
      ...recovery,
    ];
  });
}
