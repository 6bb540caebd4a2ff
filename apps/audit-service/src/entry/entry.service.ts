import { crashPoint } from '@hub-export/environment';
import type { EntityManager } from 'typeorm';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Finding } from '../integrity/integrity.js';
import type { ViewsProjection } from '../record/views.projection.js';
import { type Entry, follows, hashBefore, isSame } from './entry.js';
import {
  entriesBetween,
  insertEntry,
  insertFinding,
  lockProgress,
  type Progress,
  saveProgress,
} from './entry.table.js';

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

/** Writes the record: an entry, what is wrong with it, and what follows from it in the views are stored together. */
export class EntryService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly views: ViewsProjection,
  ) {}

  /** Adds an entry, in whatever order they come, and moves the views on as far as nothing is missing. */
  add(entry: Entry): Promise<Added> {
    return this.database.transaction(async (tx) => {
      const progress = await lockProgress(tx);
      const isNew = await insertEntry(tx, entry);
      const findings = isNew ? await checkChain(tx, entry) : await checkSame(tx, entry);
      const { more } = await this.fold(tx, { ...progress, seenTo: Math.max(progress.seenTo, entry.globalSeq) });
      crashPoint('audit-before-commit');
      return { isNew, findings, more };
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

  private async fold(tx: EntityManager, { contiguousTo, seenTo }: Progress): Promise<{ readonly more: boolean }> {
    const next = contiguousTo + 1;
    const entries = await entriesBetween(tx, next, contiguousTo + FOLD_BATCH);
    const whole = entries.filter(({ globalSeq }, place) => globalSeq === next + place);
    if (whole.length > 0) await this.views.apply(whole, tx);
    await saveProgress(tx, { contiguousTo: contiguousTo + whole.length, seenTo });
    return { more: whole.length === FOLD_BATCH };
  }
}

type Found = Added['findings'];

/** Checks the entry against the one before, and the one after against it: each pair once, whichever comes second. */
async function checkChain(tx: EntityManager, entry: Entry): Promise<Found> {
  const { globalSeq } = entry;
  const around = new Map(
    (await entriesBetween(tx, globalSeq - 1, globalSeq + 1)).map((neighbour) => [neighbour.globalSeq, neighbour]),
  );
  const before = hashBefore(globalSeq, around.get(globalSeq - 1));
  const after = around.get(globalSeq + 1);
  const bad = [
    ...(before === null || follows(entry, before) ? [] : [globalSeq]),
    ...(after === undefined || follows(after, entry.hash) ? [] : [globalSeq + 1]),
  ];
  for (const place of bad) await insertFinding(tx, place, 'hash_mismatch');
  return bad.map((global_seq) => ({ global_seq, code: 'hash_mismatch' as const }));
}

/** An entry that comes again must be the one that came first. */
async function checkSame(tx: EntityManager, entry: Entry): Promise<Found> {
  const [first] = await entriesBetween(tx, entry.globalSeq, entry.globalSeq);
  if (first !== undefined && isSame(first, entry)) return [];
  const isFirstTime = await insertFinding(tx, entry.globalSeq, 'entry_conflict');
  return isFirstTime ? [{ global_seq: entry.globalSeq, code: 'entry_conflict' }] : [];
}
