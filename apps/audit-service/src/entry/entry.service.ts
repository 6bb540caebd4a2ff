import { crashPoint } from '@hub-export/environment';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Finding } from '../integrity/integrity.js';
import { readEntry, type ReadEntry } from '../record/fold.js';
import type { ViewsProjection } from '../record/views.projection.js';
import type { TreeService } from '../tree/tree.service.js';
import { brokenLinks, byPlace, conflicts } from './chain.js';
import type { Entry } from './entry.js';
import { EntryGroups } from './entry-groups.js';
import {
  entriesAt,
  entriesBehindViews,
  insertEntries,
  insertFindings,
  lockProgress,
  type Progress,
  type Queries,
  saveProgress,
} from './entry.table.js';
import { preparedIn } from './prepared.store.js';
import { together } from './together.js';

/** Entries stored in one transaction. */
export const GROUP_MAX = 500;
/** Entries folded into the views in one transaction; more wait only behind a gap that has just closed. */
export const FOLD_BATCH = 500;

/** What became of an entry. */
export interface Added {
  /** False where it was there already. */
  readonly isNew: boolean;
  /** What was wrong with the chain, told for the first time. */
  readonly findings: readonly Pick<Finding, 'global_seq' | 'code'>[];
  /** Entries behind it that the views do not hold yet, though nothing before them is missing. */
  readonly more: boolean;
}

/**
 * Writes the record: entries, what is wrong with them, and what follows from them in the views and in the tree are stored
 * together. Entries that come while a transaction runs share the next one. A transaction is a few round trips, however
 * many statements it has: those that do not need each other's answers are sent together.
 */
export class EntryService {
  private readonly groups = new EntryGroups<ReadEntry, Added>(GROUP_MAX, (given) => this.store(given));

  constructor(
    private readonly database: ServiceDatabase,
    private readonly views: ViewsProjection,
    private readonly tree: TreeService,
  ) {}

  /** Adds an entry, in whatever order they come, and moves the views on as far as nothing is missing. */
  async add(entry: Entry): Promise<Added> {
    // Understood here already, while the transaction before is under way.
    return this.groups.call(readEntry(entry));
  }

  /** Adds entries in one transaction; the answers are in their order. The same place twice is the second against the first. */
  addAll(entries: readonly Entry[]): Promise<readonly Added[]> {
    return this.store(entries.map(readEntry));
  }

  /** Notes that the bus has a message at this place which is no entry, so that it is told as missing at once. */
  async noteUnreadable(sequence: number): Promise<void> {
    await this.database.rows('UPDATE audit.progress SET seen_to = greatest(seen_to, $1)', [sequence]);
  }

  /** Moves the views on by one batch. True where more waits. */
  advance(): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const tx = await preparedIn(transaction);
      const [progress, behind] = await together([lockProgress(tx), entriesBehindViews(tx, FOLD_BATCH)]);
      return this.fold(tx, progress, behind.map(readEntry));
    });
  }

  /** Every entry up to here is safe: after the bus lost its durable, it goes on behind this place. */
  async checkpoint(): Promise<number> {
    const rows = await this.database.rows<{ at: number }>('SELECT contiguous_to::float8 AS at FROM audit.progress');
    return rows[0]?.at ?? 0;
  }

  private store(given: readonly ReadEntry[]): Promise<readonly Added[]> {
    return this.database.transaction(async (transaction) => {
      const tx = await preparedIn(transaction);
      const entries = given.map(({ entry }) => entry);
      // The lock comes first: what is read behind it, nobody else changes any more.
      const [progress, around, behind] = await together([
        lockProgress(tx),
        entriesAt(tx, withNeighbours(entries)),
        entriesBehindViews(tx, FOLD_BATCH),
      ]);
      const stored = byPlace(around);
      const added = firstOfEachPlace(given).filter(({ entry }) => !stored.has(entry.globalSeq));
      const newEntries = added.map(({ entry }) => entry);
      const faults = [
        ...brokenLinks(newEntries, stored),
        ...conflicts(entries, new Map([...stored, ...byPlace(newEntries)])),
      ];
      const seenTo = Math.max(progress.seenTo, ...entries.map(({ globalSeq }) => globalSeq));
      const [, told, more] = await together([
        insertEntries(tx, newEntries),
        insertFindings(tx, faults),
        this.fold(tx, { ...progress, seenTo }, [...added, ...behind.map(readEntry)]),
      ]);
      crashPoint('audit-before-commit');
      const isNew = new Set(newEntries);
      return entries.map((entry) => ({
        isNew: isNew.has(entry),
        findings: told.filter(({ cause }) => cause === entry).map(({ global_seq, code }) => ({ global_seq, code })),
        more,
      }));
    });
  }

  /**
   * Moves the views and the tree on over what lies behind them, up to the next gap, by a batch at most.
   * @param waiting entries behind the views, in any order. Answers whether more waits.
   */
  private async fold(tx: Queries, { contiguousTo, seenTo }: Progress, waiting: readonly ReadEntry[]): Promise<boolean> {
    const whole = wholeFrom(contiguousTo + 1, waiting);
    const end = contiguousTo + whole.length;
    await together([
      this.views.apply(whole, tx),
      this.tree.grow(
        tx,
        contiguousTo,
        end,
        whole.map(({ entry }) => entry),
      ),
      saveProgress(tx, { contiguousTo: end, seenTo }),
    ]);
    return whole.length === FOLD_BATCH;
  }
}

/** The first of those that claim the same place. */
function firstOfEachPlace(given: readonly ReadEntry[]): readonly ReadEntry[] {
  return [...new Map(given.toReversed().map((one) => [one.entry.globalSeq, one])).values()].reverse();
}

/** The places of entries, and those before and after them. */
function withNeighbours(entries: readonly Entry[]): readonly number[] {
  return [...new Set(entries.flatMap(({ globalSeq }) => [globalSeq - 1, globalSeq, globalSeq + 1]))];
}

/** Entries from a place on, until one is missing; a batch at most. */
function wholeFrom(next: number, waiting: readonly ReadEntry[]): readonly ReadEntry[] {
  const known = new Map(waiting.map((one) => [one.entry.globalSeq, one]));
  const whole: ReadEntry[] = [];
  for (let one = known.get(next); one !== undefined && whole.length < FOLD_BATCH; one = known.get(next + whole.length))
    whole.push(one);
  return whole;
}
