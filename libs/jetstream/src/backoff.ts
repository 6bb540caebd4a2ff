const RETRY_DELAYS_MS = [1_000, 2_000, 5_000, 15_000, 60_000] as const;
const REPAIR_DELAYS_MS = [100, 500, 1_000, 2_000, 5_000] as const;

/** How long a message rests after its nth failed try (from 1), in milliseconds: 1 s, 2 s, 5 s, 15 s, then 60 s each. */
export function retryDelayMs(tries: number): number {
  return nth(RETRY_DELAYS_MS, tries);
}

/** How long the consumer rests after its nth failure in a row to reach its durable (from 1), in milliseconds, 5 s at most. */
export function repairDelayMs(failures: number): number {
  return nth(REPAIR_DELAYS_MS, failures);
}

function nth(delays: readonly [number, ...number[]], n: number): number {
  return delays[Math.min(Math.max(n, 1), delays.length) - 1] ?? delays[0];
}
