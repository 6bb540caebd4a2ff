/** When a checkpoint is due. */
export interface CheckpointRule {
  /** At each multiple of so many entries. */
  readonly everyEntries: number;
  /** And this long after the last one where anything came since, in milliseconds. */
  readonly everyMs: number;
}

export interface CheckpointFacts {
  /** Entries of the last checkpoint; 0 before the first. */
  readonly lastSize: number;
  /** When it was anchored, or, before the first, since when this process looks; milliseconds. */
  readonly lastAt: number;
  /** Every entry up to here is there. */
  readonly contiguousTo: number;
  readonly now: number;
}

/**
 * The size of the next checkpoint; null where none is due. The multiples follow from the record alone, so that every
 * history has them, however it was taken in; those between them are as the clock had it, and live on in the sinks.
 */
export function dueSize({ everyEntries, everyMs }: CheckpointRule, facts: CheckpointFacts): number | null {
  const { lastSize, lastAt, contiguousTo, now } = facts;
  const multiple = (Math.floor(lastSize / everyEntries) + 1) * everyEntries;
  if (multiple <= contiguousTo) return multiple;
  return contiguousTo > lastSize && now - lastAt >= everyMs ? contiguousTo : null;
}
