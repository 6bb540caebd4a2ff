const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next try, in milliseconds: doubled with each failure up to half a minute, spread over its
 * upper half by `chance` (0 to 1), so that pages which lost the same server do not come back all at once.
 */
export function backoffMs(failures: number, chance: number): number {
  const full = Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), LONGEST_MS);
  return Math.round(full / 2 + (full / 2) * chance);
}
