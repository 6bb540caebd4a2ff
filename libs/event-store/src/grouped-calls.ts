import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailable } from './errors.js';

/** Bytes of data that go in one call, so that a call stays far below what a connection or the database can bear. */
const CALL_BYTES_MAX = 4 * 1024 * 1024;
/** Calls that may wait; more would wait longer than any caller does. */
const WAITING_MAX = 10_000;

export interface GroupLimits {
  /** Items in one call. */
  readonly perCall: number;
  /** Calls that run at the same time. Only with one do the groups keep the items' order. @default 1 */
  readonly atOnce?: number;
  /** Items that may wait. @default 10000 */
  readonly waiting?: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts concurrent calls into groups: what is called in the same breath goes together; while a call runs, those that come
 * wait, in their order, and go together in the next. `run` answers each item of a group, in the group's order.
 */
export class GroupedCalls<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  private running = 0;
  private readonly limits: Required<GroupLimits>;

  constructor(
    private readonly run: (items: readonly Item[]) => Promise<readonly (() => Result)[]>,
    limits: GroupLimits,
  ) {
    this.limits = { atOnce: 1, waiting: WAITING_MAX, ...limits };
  }

  /** @throws {StoreUnavailable} where too many wait already. */
  async call(item: Item, bytes = 0): Promise<Result> {
    if (this.waiting.length >= this.limits.waiting) throw new StoreUnavailable('Too many calls are waiting.');
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, bytes, resolve, reject });
      if (this.running === this.limits.atOnce) return;
      this.running += 1;
      // Not before those who ask in the same breath have asked too.
      queueMicrotask(() => void this.runAll());
    });
  }

  private async runAll(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.runGroup(this.takeGroup());
      // Callers that were just answered get to call again, and so join the next group instead of missing it by a hair.
      await nextTurn();
    }
    this.running -= 1;
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
          if (result === undefined) throw new Error('A group was answered with fewer results than it had items.');
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
