import { type Goal, goalText, isMet } from './goal.js';
import { median } from './statistics.js';

/** Two figures of each round that are held against each other, and the goal of their ratio. */
export interface Comparison {
  /** Which of several comparisons of a row this is, e.g. `sync_interval always`. */
  readonly variant?: string;
  /** Of value and limit. */
  readonly unit: string;
  /** Names of figures; without a limit the goal is one of the value itself. */
  readonly value: string;
  readonly limit?: string;
  /** Without one the ratio is there to show a further limit. */
  readonly goal?: Goal;
}

/** The figures of one round by their names. */
export type Figures = Readonly<Record<string, number>>;

/** One line of the table; value and limit are medians of the rounds, the ratio is the median of the rounds' ratios. */
export interface Result {
  readonly name: string;
  readonly variant: string | null;
  readonly unit: string;
  readonly value: number | null;
  readonly limit: number | null;
  readonly ratio: number | null;
  readonly ratio_min: number | null;
  readonly ratio_max: number | null;
  readonly rounds: number;
  /** Null of a ratio that shows a further limit. */
  readonly goal: string | null;
  readonly met: boolean | null;
  /** Why there is no figure. */
  readonly error?: string;
}

export function resultOf(name: string, comparison: Comparison, rounds: readonly Figures[]): Result {
  const { value, limit, goal, unit, variant = null } = comparison;
  const values = rounds.map((figures) => figures[value] ?? NaN);
  const limits = limit === undefined ? null : rounds.map((figures) => figures[limit] ?? NaN);
  // Each ratio is of two figures that were measured one after the other, so a machine that slows down slows both.
  const ratios = limits?.map((of, round) => (values[round] ?? NaN) / of) ?? null;
  return {
    name,
    variant,
    unit,
    value: figure(median(values)),
    limit: limits === null ? null : figure(median(limits)),
    ratio: ratios === null ? null : figure(median(ratios)),
    ratio_min: ratios === null ? null : figure(Math.min(...ratios)),
    ratio_max: ratios === null ? null : figure(Math.max(...ratios)),
    rounds: rounds.length,
    goal: goal === undefined ? null : goalText(goal),
    met: goal === undefined ? null : isMet(goal, median(ratios ?? values)),
  };
}

/** A row that broke down has reached nothing. */
export function failedResult(name: string, error: string): Result {
  const nothing = { value: null, limit: null, ratio: null, ratio_min: null, ratio_max: null };
  return { name, variant: null, unit: '', ...nothing, rounds: 0, goal: '', met: false, error };
}

/** Four significant digits say more than any of these figures knows. JSON has no NaN. */
function figure(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
