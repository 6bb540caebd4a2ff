import type { FindingCode } from '../integrity/integrity.js';
import { type Entry, follows, hashBefore, isSame } from './entry.js';

/** Something wrong at a place, and the entry that came in when it showed. */
export interface Fault {
  readonly global_seq: number;
  readonly code: Extract<FindingCode, 'hash_mismatch' | 'entry_conflict'>;
  readonly cause: Entry;
}

/**
 * Checks new entries against those before, and known ones after against them: each pair once, whichever comes second.
 * @param stored has the neighbours of the new entries, where they are there, by their place.
 */
export function brokenLinks(added: readonly Entry[], stored: ReadonlyMap<number, Entry>): readonly Fault[] {
  const isNew = new Set(added.map(({ globalSeq }) => globalSeq));
  const known = new Map([...stored, ...byPlace(added)]);
  return added.flatMap((cause) => {
    const { globalSeq } = cause;
    const before = hashBefore(globalSeq, known.get(globalSeq - 1));
    const after = isNew.has(globalSeq + 1) ? undefined : known.get(globalSeq + 1);
    const broken = [
      ...(before === null || follows(cause, before) ? [] : [globalSeq]),
      ...(after === undefined || follows(after, cause.hash) ? [] : [globalSeq + 1]),
    ];
    return broken.map((global_seq): Fault => ({ global_seq, code: 'hash_mismatch', cause }));
  });
}

/** An entry that comes again must be the one that came first; one fault a place. */
export function conflicts(given: readonly Entry[], first: ReadonlyMap<number, Entry>): readonly Fault[] {
  const found = new Map<number, Fault>();
  for (const cause of given) {
    const { globalSeq: global_seq } = cause;
    const known = first.get(global_seq);
    if (known === undefined || known === cause || found.has(global_seq) || isSame(known, cause)) continue;
    found.set(global_seq, { global_seq, code: 'entry_conflict', cause });
  }
  return [...found.values()];
}

export function byPlace(entries: readonly Entry[]): ReadonlyMap<number, Entry> {
  return new Map(entries.map((entry) => [entry.globalSeq, entry]));
}
