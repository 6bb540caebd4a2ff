import { setImmediate as nextTurn } from 'node:timers/promises';
import { REQUESTS_PER_CALL_MAX } from './append-limits.js';
import { StoreUnavailable } from './errors.js';

/** Bytes of data that go in one call, so that a call stays far below what a connection or the database can bear. */
const CALL_BYTES_MAX = 4 * 1024 * 1024;
/** Appends that may wait; more would wait longer than any caller does. */
const WAITING_MAX = 10_000;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts concurrent calls into groups: while one call runs, those that come wait, in their order, and go together in the
 * next. Alone, a call goes at once. `run` answers each item of a group, in the group's order.
 */
export class GroupedCalls<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  private running = false;

  constructor(
    private readonly run: (items: readonly Item[]) => Promise<readonly (() => Result)[]>,
    private readonly limits = { perCall: REQUESTS_PER_CALL_MAX, waiting: WAITING_MAX },
  ) {}

  /** @throws {StoreUnavailable} where too many wait already. */
  async call(item: Item, bytes: number): Promise<Result> {
    if (this.waiting.length >= this.limits.waiting) throw new StoreUnavailable('Too many appends are waiting.');
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, bytes, resolve, reject });
      if (!this.running) void this.runAll();
    });
  }

  private async runAll(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      await this.runGroup(this.takeGroup());
      // Callers that were just answered get to call again, and so join the next group instead of missing it by a hair.
      await nextTurn();
    }
    this.running = false;
  }

  private takeGroup(): readonly Waiting<Item, Result>[] {
    let count = 0;
    let bytes = 0;
    for (const next of this.waiting) {
      bytes += next.bytes;
      if (count === this.limits.perCall || (count > 0 && bytes > CALL_BYTES_MAX)) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async runGroup(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.run(group.map(({ item }) => item));
      group.forEach(({ resolve, reject }, place) => {
        try {
          const result = results[place];
          if (result === undefined) throw new Error('The append function answered fewer requests than it was given.');
          resolve(result());
        } catch (error) {
          reject(error);
        }
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
