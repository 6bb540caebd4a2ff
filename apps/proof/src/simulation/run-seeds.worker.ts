import { type SeedResult, simulate } from './simulation.worker.js';

/** What came of many seeds. */
export interface SeedsResult {
  readonly seeds: number;
  readonly stepsMin: number;
  readonly steps: number;
  readonly events: number;
  readonly requests: number;
  readonly completed: number;
  readonly failed: readonly SeedResult[];
  readonly ms: number;
}

/** After so many failing seeds there is nothing more to learn. */
const FAILURES_MAX = 5;

/** One seed after the other, from the first on. */
export async function runSeeds(
  first: number,
  count: number,
  tell: (text: string) => void,
  deadline = Infinity,
): Promise<SeedsResult> {
  const started = performance.now();
  const failed: SeedResult[] = [];
  const sum = { seeds: 0, stepsMin: Infinity, steps: 0, events: 0, requests: 0, completed: 0 };
  for (let seed = first; seed < first + count && failed.length < FAILURES_MAX; seed += 1) {
    if (performance.now() > deadline) break;
    const result = await simulate(seed);
    sum.seeds += 1;
    sum.stepsMin = Math.min(sum.stepsMin, result.steps);
    for (const name of ['steps', 'events', 'requests', 'completed'] as const) sum[name] += result[name];
    if (result.violations.length > 0) failed.push(result);
    if (sum.seeds % 500 === 0) tell(`${sum.seeds} of ${count} seeds`);
  }
  return { ...sum, failed, ms: Math.round(performance.now() - started) };
}
