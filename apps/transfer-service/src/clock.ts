/** Where time and chance come from; tests hand others. */
export interface Clock {
  now(): Date;
  /** In [0, 1). */
  chance(): number;
}

export const CLOCK = Symbol('Clock');
