/** Lets so many tasks run at the same time as it is wide; the others wait in the order they came. Width 1 keeps order. */
export class Lane {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly whenIdle: (() => void)[] = [];

  constructor(private readonly width: number) {}

  /** Resolves when there is room; the answer gives the room back, once. */
  async enter(): Promise<() => void> {
    if (this.running < this.width) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.leave();
    };
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  private leave(): void {
    // The room is handed over, not freed, so that nobody overtakes those who wait.
    const next = this.waiting.shift();
    if (next) return next();
    this.running -= 1;
    if (this.running === 0) for (const resolve of this.whenIdle.splice(0)) resolve();
  }
}
