interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts calls that come while another runs into groups, in their order. Where a group fails, each of its items is tried
 * alone, so that one bad item spoils only itself.
 */
export class EntryGroups<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private isRunning = false;

  constructor(
    private readonly groupMax: number,
    private readonly run: (items: readonly Item[]) => Promise<readonly Result[]>,
  ) {}

  call(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.isRunning) void this.runAll();
    });
  }

  private async runAll(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const group = this.waiting.slice(0, this.groupMax);
      this.waiting = this.waiting.slice(this.groupMax);
      if (!(await this.runGroup(group))) for (const alone of group) await this.runGroup([alone], true);
    }
    this.isRunning = false;
  }

  /** False where the group failed and its items are still to be tried. */
  private async runGroup(group: readonly Waiting<Item, Result>[], isLast = group.length === 1): Promise<boolean> {
    try {
      const results = await this.run(group.map(({ item }) => item));
      group.forEach(({ resolve }, place) => resolve(results[place] as Result));
    } catch (error) {
      if (!isLast) return false;
      for (const { reject } of group) reject(error);
    }
    return true;
  }
}
