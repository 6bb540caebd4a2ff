import { type Comparison, failedResult, type Figures, type Result, resultOf } from '../report/result.js';
import type { Prepared } from './row.js';
import type { Row, Workbench } from './workbench.server.js';

/** Tells what goes on; a line at the most every few seconds. */
export type Progress = (text: string) => void;

/**
 * Measures one row: warms every contestant up once, then takes them in turn, round after round, so that whatever slows
 * the machine down for a while meets all of them. A row that breaks down is told as such and ends alone.
 */
export async function measureRow(row: Row, workbench: Workbench, progress: Progress): Promise<readonly Result[]> {
  try {
    progress(`${row.name}: preparing`);
    const prepared = await row.prepare(workbench);
    const rounds = await allRounds(row.name, prepared, prepared.rounds ?? workbench.scale.rounds, progress);
    return prepared.comparisons.map((comparison) => resultOf(row.name, comparison, rounds));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    progress(`${row.name}: failed, ${text}`);
    return [failedResult(row.name, text.split('\n')[0] ?? '')];
  } finally {
    await workbench.clearUp();
  }
}

async function allRounds(
  name: string,
  { contestants, comparisons, warmUp = true }: Prepared,
  count: number,
  progress: Progress,
): Promise<readonly Figures[]> {
  const rounds: Figures[] = [];
  for (let round = warmUp ? 0 : 1; round <= count; round += 1) {
    const figures: Record<string, number> = {};
    for (const contestant of contestants) Object.assign(figures, await contestant.measure());
    if (round === 0) {
      progress(`${name}: warm`);
      continue;
    }
    rounds.push(figures);
    progress(
      `${name}: round ${round} of ${count}, ${comparisons.map((comparison) => figureText(comparison, figures)).join(', ')}`,
    );
  }
  return rounds;
}

function figureText({ value, limit }: Comparison, figures: Figures): string {
  const measured = figures[value] ?? NaN;
  return limit === undefined ? measured.toPrecision(3) : `ratio ${(measured / (figures[limit] ?? NaN)).toFixed(2)}`;
}
