/** What the tables say of the record's completeness and of its chain. */
export interface IntegrityFacts {
  /** Every entry up to here is there. */
  readonly contiguousTo: number;
  /** The highest place that the bus ever showed us, readable or not. */
  readonly seenTo: number;
  readonly entries: number;
  /** Entries of types or data that this version does not understand. */
  readonly notFolded: number;
  /** Ranges of missing places, ascending, INTEGRITY_LISTED_MAX at most. */
  readonly gaps: readonly Range[];
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Something wrong with the chain, found when the entry came in. Never removed. */
export interface Finding {
  readonly global_seq: number;
  readonly code: FindingCode;
  readonly found_at: string;
}

export type FindingCode =
  /** Its hash does not follow from the entry before and its own text: one of the two was changed. */
  | 'hash_mismatch'
  /** The bus told another entry at this place later; the first one is kept. */
  | 'entry_conflict';

/** So many gaps and findings are told at most; their counts are always whole. */
export const INTEGRITY_LISTED_MAX = 100;

/** Whether the record is whole and unbroken, and if not, where. */
export interface Integrity {
  readonly complete: boolean;
  /** The highest place seen on the bus. */
  readonly position: number;
  /** The views hold everything up to here, and nothing beyond. */
  readonly contiguous_to: number;
  /** Places that are missing, the lowest first, INTEGRITY_LISTED_MAX ranges at most. */
  readonly missing: readonly Range[];
  readonly missing_count: number;
  readonly chain: 'intact' | 'broken';
  readonly first_bad: number | null;
  readonly findings: readonly Finding[];
  readonly finding_count: number;
  readonly entries: number;
  readonly entries_not_understood: number;
}

export function integrityOf(facts: IntegrityFacts): Integrity {
  const missing_count = facts.seenTo - facts.entries;
  return {
    complete: missing_count === 0,
    position: facts.seenTo,
    contiguous_to: facts.contiguousTo,
    missing: facts.gaps,
    missing_count,
    chain: facts.findingCount === 0 ? 'intact' : 'broken',
    first_bad: facts.findings[0]?.global_seq ?? null,
    findings: facts.findings,
    finding_count: facts.findingCount,
    entries: facts.entries,
    entries_not_understood: facts.notFolded,
  };
}
