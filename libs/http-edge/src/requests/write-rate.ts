const WINDOW_MS = 60_000;
const CLIENTS_MAX = 10_000;
/** Those beyond the limit of clients share one count, so that memory has a bound. */
const OVERFLOW = '(others)';

/** Counts each client's writes within fixed minutes. The time comes in with the call. */
export class WriteRate {
  private window = -1;
  private readonly counts = new Map<string, number>();

  constructor(private readonly writesPerMinute: number) {}

  /** Counts one write; the seconds to wait where it is one too many, else 0. */
  count(client: string, nowMs: number): number {
    const window = Math.floor(nowMs / WINDOW_MS);
    if (window !== this.window) {
      this.window = window;
      this.counts.clear();
    }
    const key = this.counts.has(client) || this.counts.size < CLIENTS_MAX ? client : OVERFLOW;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count <= this.writesPerMinute ? 0 : Math.ceil(((window + 1) * WINDOW_MS - nowMs) / 1_000);
  }
}
