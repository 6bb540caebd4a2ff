export interface PatienceLimits {
  /** Waited for anyhow, in milliseconds. */
  readonly graceMs: number;
  readonly minBytesPerSecond: number;
}

/**
 * How long somebody who sends us bytes is waited for: a grace, and beyond it as long as its bytes would take at the
 * slowest pace allowed. Only the time counts in which we wait for it, not that in which it waits for us. Whoever sends a
 * byte now and then never falls silent, and still comes to an end: all of it takes the grace and size / pace at most.
 */
export class Patience {
  private waitedMs = 0;
  private since: number | null = null;

  constructor(private readonly limits: PatienceLimits) {}

  /** From now on we wait; in milliseconds of any clock that only goes on. */
  waits(nowMs: number): void {
    this.since ??= nowMs;
  }

  /** Something came. */
  has(nowMs: number): void {
    if (this.since !== null) this.waitedMs += nowMs - this.since;
    this.since = null;
  }

  /** Whether so many bytes took too long, as far as the waiting for the last of them has ended. */
  isOver(bytes: number): boolean {
    const { graceMs, minBytesPerSecond } = this.limits;
    return this.waitedMs > graceMs + (bytes * 1000) / minBytesPerSecond;
  }
}
