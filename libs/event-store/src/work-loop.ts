const FAILURE_PAUSE_FIRST_MS = 100;
const FAILURE_PAUSE_MAX_MS = 5_000;

export interface WorkLoopOptions {
  /** Does a piece of work; true where more may be waiting. */
  readonly step: () => Promise<boolean>;
  /** The longest wait for a wake-up where nothing waits. */
  readonly idleMs: () => number;
  /** The shortest time from one step to the next where the one before left nothing, whoever wakes; none by default. */
  readonly gapMs?: () => number;
  /** Told of each failing step; the loop goes on after a pause that grows up to 5 s. */
  readonly onFailure: (error: unknown, failures: number) => void;
}

/** What ends a pause before its time. */
type EndedBy = 'nothing' | 'hurry' | 'wake';

/** Repeats a step until it is stopped, at once while there is work, else when woken or after a while. */
export class WorkLoop {
  private running: Promise<void> | null = null;
  private stopping = false;
  private woken = false;
  private hurried = false;
  private endPause: (() => void) | null = null;
  private endedBy: EndedBy = 'nothing';

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

  /** There may be work. */
  wake(): void {
    this.woken = true;
    if (this.endedBy === 'wake') this.endPause?.();
  }

  /** Somebody waits for the next step: it keeps no gap. */
  hurry(): void {
    this.hurried = true;
    this.wake();
    if (this.endedBy === 'hurry') this.endPause?.();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      this.woken = false;
      this.hurried = false;
      const begunAt = performance.now();
      try {
        const hasMore = await this.options.step();
        failures = 0;
        if (!hasMore && !this.woken) await this.pause(this.options.idleMs(), 'wake');
        if (!hasMore) await this.keepGap(begunAt);
      } catch (error) {
        failures += 1;
        this.options.onFailure(error, failures);
        // A wake-up does not shorten this pause: what failed a moment ago would only fail again.
        await this.pause(Math.min(FAILURE_PAUSE_FIRST_MS * 2 ** (failures - 1), FAILURE_PAUSE_MAX_MS), 'nothing');
      }
    }
  }

  private async keepGap(begunAt: number): Promise<void> {
    const leftMs = begunAt + (this.options.gapMs?.() ?? 0) - performance.now();
    if (leftMs > 0 && !this.hurried) await this.pause(leftMs, 'hurry');
  }

  private async pause(ms: number, endedBy: EndedBy): Promise<void> {
    if (this.stopping) return;
    this.endedBy = endedBy;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = null;
    this.endedBy = 'nothing';
  }
}
