const FAILURE_PAUSE_FIRST_MS = 100;
const FAILURE_PAUSE_MAX_MS = 5_000;

export interface WorkLoopOptions {
  /** Does a piece of work; true where more may be waiting. */
  readonly step: () => Promise<boolean>;
  /** The longest wait for a wake-up where nothing waits. */
  readonly idleMs: () => number;
  /** Told of each failing step; the loop goes on after a pause that grows up to 5 s. */
  readonly onFailure: (error: unknown, failures: number) => void;
}

/** Repeats a step until it is stopped, at once while there is work, else when woken or after a while. */
export class WorkLoop {
  private running: Promise<void> | null = null;
  private stopping = false;
  private woken = false;
  private endPause: (() => void) | null = null;
  private pauseEndsByWake = false;

  constructor(private readonly options: WorkLoopOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Ends after the running step. A stopped loop may be started again. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endPause?.();
    await this.running;
    this.running = null;
    this.stopping = false;
  }

  wake(): void {
    this.woken = true;
    if (this.pauseEndsByWake) this.endPause?.();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      this.woken = false;
      try {
        const hasMore = await this.options.step();
        failures = 0;
        if (!hasMore && !this.woken) await this.pause(this.options.idleMs(), true);
      } catch (error) {
        failures += 1;
        this.options.onFailure(error, failures);
        // A wake-up does not shorten this pause: what failed a moment ago would only fail again.
        await this.pause(Math.min(FAILURE_PAUSE_FIRST_MS * 2 ** (failures - 1), FAILURE_PAUSE_MAX_MS), false);
      }
    }
  }

  private async pause(ms: number, endsByWake: boolean): Promise<void> {
    if (this.stopping) return;
    this.pauseEndsByWake = endsByWake;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = null;
    this.pauseEndsByWake = false;
  }
}
