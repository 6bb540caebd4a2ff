import type { Comparison, Figures } from '../report/result.js';

/** Takes part in each round: what is measured, or what it is held against. */
export interface Contestant {
  readonly name: string;
  /** Measures once. Names of figures are those of the comparisons. */
  measure(): Promise<Figures>;
}

/** What is there before the first round. Whatever `prepare` began is ended by what it gave to `workbench.atEnd`. */
export interface Prepared {
  /** Taken in turn, A B A B. */
  readonly contestants: readonly Contestant[];
  readonly comparisons: readonly Comparison[];
  /** Rounds, where one is too dear for the usual number. */
  readonly rounds?: number;
  /** False where a round is so dear that there is none beforehand; then each contestant warms up by itself. */
  readonly warmUp?: boolean;
}

/** How much is measured. */
export interface Scale {
  /** At least five, so that a median means something. */
  readonly rounds: number;
  /** How long a rate is measured in each round, in seconds. */
  readonly seconds: number;
  /** The share of the full size that data and files have: 1, or less where time is short. */
  readonly size: number;
}

export const FULL: Scale = { rounds: 5, seconds: 2, size: 1 };
export const QUICK: Scale = { rounds: 5, seconds: 0.5, size: 0.02 };
