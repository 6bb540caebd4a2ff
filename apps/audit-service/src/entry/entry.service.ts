import { crashPoint } from '@hub-export/environment';
import type { EntityManager } from 'typeorm';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Finding } from '../integrity/integrity.js';
import type { ViewsProjection } from '../record/views.projection.js';
import type { TreeService } from '../tree/tree.service.js';
import { type Entry, follows, hashBefore, isSame } from './entry.js';
import { EntryGroups } from './entry-groups.js';
import {
  entriesAt,
  entriesBetween,
  insertEntries,
  insertFinding,
  lockProgress,
  type Progress,
  type Queries,
  saveProgress,
} from './entry.table.js';

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
 * together. Entries that come while a transaction runs share the next one.
 */
export class EntryService {
  private readonly groups = new EntryGroups<Entry, Added>(GROUP_MAX, (entries) => this.addAll(entries));

  constructor(
    private readonly database: ServiceDatabase,
    private readonly views: ViewsProjection,
    private readonly tree: TreeService,
  ) {}

  /** Adds an entry, in whatever order they come, and moves the views on as far as nothing is missing. */
  add(entry: Entry): Promise<Added> {
    return this.groups.call(entry);
  }

  /** Adds entries in one transaction; the answers are in their order. The same place twice is the second against the first. */
  addAll(entries: readonly Entry[]): Promise<readonly Added[]> {
    return this.database.transaction(async (tx) => {
      const progress = await lockProgress(tx);
      const once = [...new Map(entries.toReversed().map((entry) => [entry.globalSeq, entry])).values()];
      const places = await insertEntries(tx, once);
      const added = once.filter(({ globalSeq }) => places.has(globalSeq));
      const isAdded = new Set(added);
      const broken = added.length === 0 ? [] : await checkChain(tx, added, places);
      const seenTo = Math.max(progress.seenTo, ...entries.map(({ globalSeq }) => globalSeq));
      const { more } = await this.fold(tx, { ...progress, seenTo }, added);
      const answers: Added[] = [];
      for (const entry of entries) {
        const isNew = isAdded.has(entry);
        const findings = isNew ? broken.filter(({ cause }) => cause === entry.globalSeq) : await checkSame(tx, entry);
        answers.push({ isNew, findings: findings.map(({ global_seq, code }) => ({ global_seq, code })), more });
      }
      crashPoint('audit-before-commit');
      return answers;
    });
  }

  /** Notes that the bus has a message at this place which is no entry, so that it is told as missing at once. */
  async noteUnreadable(sequence: number): Promise<void> {
    await this.database.rows('UPDATE audit.progress SET seen_to = greatest(seen_to, $1)', [sequence]);
  }

  /** Moves the views on by one batch. True where more waits. */
  advance(): Promise<boolean> {
    return this.database.transaction(async (tx) => (await this.fold(tx, await lockProgress(tx))).more);
  }

  /** Every entry up to here is safe: after the bus lost its durable, it goes on behind this place. */
  async checkpoint(): Promise<number> {
    const rows = await this.database.rows<{ at: number }>('SELECT contiguous_to::float8 AS at FROM audit.progress');
    return rows[0]?.at ?? 0;
  }

  /** @param added entries that this transaction has written: they need not be read again. */
  private async fold(
    tx: EntityManager,
    { contiguousTo, seenTo }: Progress,
    added: readonly Entry[] = [],
  ): Promise<{ readonly more: boolean }> {
    const next = contiguousTo + 1;
    const whole = await wholeFrom(tx, next, added);
    if (whole.length > 0) await this.views.apply(whole, tx);
    await this.tree.grow(tx, contiguousTo, contiguousTo + whole.length, whole);
    await saveProgress(tx, { contiguousTo: contiguousTo + whole.length, seenTo });
    return { more: whole.length === FOLD_BATCH };
  }
}

/** Entries from a place on, until one is missing; a batch at most. Read are only those behind what is known already. */
async function wholeFrom(tx: Queries, next: number, added: readonly Entry[]): Promise<readonly Entry[]> {
  const known = new Map(added.map((entry) => [entry.globalSeq, entry]));
  const whole: Entry[] = [];
  for (
    let entry = known.get(next);
    entry !== undefined && whole.length < FOLD_BATCH;
    entry = known.get(next + whole.length)
  )
    whole.push(entry);
  if (whole.length === FOLD_BATCH) return whole;
  const from = next + whole.length;
  const behind = await entriesBetween(tx, from, next + FOLD_BATCH - 1);
  return [...whole, ...behind.filter(({ globalSeq }, place) => globalSeq === from + place)];
}

type Found = Added['findings'];

/** A place at which the chain is broken, and the new entry by which it was seen. */
interface Broken {
  readonly global_seq: number;
  readonly code: 'hash_mismatch';
  readonly cause: number;
}

/** Checks new entries against those before, and known ones after against them: each pair once, whichever comes second. */
async function checkChain(
  tx: Queries,
  added: readonly Entry[],
  places: ReadonlySet<number>,
): Promise<readonly Broken[]> {
  const known = new Map(added.map((entry) => [entry.globalSeq, entry]));
  const around = added.flatMap(({ globalSeq }) => [globalSeq - 1, globalSeq + 1]).filter((place) => !places.has(place));
  for (const neighbour of await entriesAt(tx, around)) known.set(neighbour.globalSeq, neighbour);
  const broken: Broken[] = [];
  for (const entry of added) {
    const { globalSeq } = entry;
    const before = hashBefore(globalSeq, known.get(globalSeq - 1));
    const after = places.has(globalSeq + 1) ? undefined : known.get(globalSeq + 1);
    const bad = [
      ...(before === null || follows(entry, before) ? [] : [globalSeq]),
      ...(after === undefined || follows(after, entry.hash) ? [] : [globalSeq + 1]),
    ];
    broken.push(...bad.map((global_seq) => ({ global_seq, code: 'hash_mismatch' as const, cause: globalSeq })));
  }
  for (const { global_seq, code } of broken) await insertFinding(tx, global_seq, code);
  return broken;
}

/** An entry that comes again must be the one that came first. */
async function checkSame(tx: Queries, entry: Entry): Promise<Found> {
  const [first] = await entriesBetween(tx, entry.globalSeq, entry.globalSeq);
  if (first !== undefined && isSame(first, entry)) return [];
  const isFirstTime = await insertFinding(tx, entry.globalSeq, 'entry_conflict');
  return isFirstTime ? [{ global_seq: entry.globalSeq, code: 'entry_conflict' }] : [];
}
