import type { ReadLine } from '@hub-export/transparency-log';
import type { RecordedAccess } from './access-chain.js';
import type { SignerKey } from './anchored.js';
import type { WalkedEntry } from './record-walk.js';

/** Where a verification reads; it writes nowhere. */
export interface SiteSources {
  /** Entries of the log behind a place, ascending, a page; none at the end. */
  readonly logEntries: (after: number) => Promise<readonly WalkedEntry[]>;
  /** What the log keeps of its end. */
  readonly logHead: () => Promise<{ readonly position: number; readonly hash: string }>;
  readonly auditEntries: (after: number) => Promise<readonly WalkedEntry[]>;
  /** Up to where the audit says it has everything. */
  readonly auditContiguousTo: () => Promise<number>;
  /** A kept tile; null where it is not there. */
  readonly tile: (
    level: number,
    index: number,
  ) => Promise<{ readonly hashes: Uint8Array; readonly root: Uint8Array } | null>;
  /** Stored checkpoints beyond a size, ascending, a page. */
  readonly checkpoints: (after: number) => Promise<readonly { readonly size: number; readonly note: string }[]>;
  /** Stored keys, by which checkpoints were signed. */
  readonly checkpointKeys: () => Promise<readonly SignerKey[]>;
  /** Who read the audit: accesses behind a place, ascending, a page. */
  readonly accesses: (after: number) => Promise<readonly RecordedAccess[]>;
  /** The lines of the sinks. */
  readonly anchors: () => AsyncIterable<ReadLine>;
}

/** Pages as one sequence of which the next can be looked at before it is taken. */
export class Peekable<Item> {
  private page: readonly Item[] = [];
  private place = 0;
  private isAtEnd = false;

  constructor(
    private readonly read: (after: number) => Promise<readonly Item[]>,
    private readonly keyOf: (item: Item) => number,
    private after = 0,
  ) {}

  /** The next item without taking it; undefined at the end. */
  async peek(): Promise<Item | undefined> {
    if (this.place === this.page.length && !this.isAtEnd) {
      this.page = await this.read(this.after);
      this.place = 0;
      this.isAtEnd = this.page.length === 0;
      const last = this.page.at(-1);
      if (last !== undefined) this.after = this.keyOf(last);
    }
    return this.page[this.place];
  }

  take(): void {
    this.place += 1;
  }
}
