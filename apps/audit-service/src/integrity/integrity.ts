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
  /** The last signed checkpoint. */
  readonly lastCheckpoint: { readonly size: number; readonly anchoredAt: string; readonly ageSeconds: number } | null;
  readonly recheck: { readonly position: number; readonly finishedTo: number; readonly finishedAt: string | null };
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Something wrong with the record, found when the entry came in or when the record was read again. Never removed. */
export interface Finding {
  readonly global_seq: number;
  readonly code: FindingCode;
  readonly found_at: string;
}

export type FindingCode =
  /** Its hash does not follow from the entry before and its own text: one of the two was changed. */
  | 'hash_mismatch'
  /** The bus told another entry at this place later; the first one is kept. */
  | 'entry_conflict'
  /** The record has lost it. */
  | 'entry_lost'
  /** Up to here, the tree that is kept is not the one of the entries. */
  | 'tile_mismatch'
  /** The checkpoint of this size was signed over other entries, as was found in the record. */
  | 'checkpoint_mismatch'
  /** The checkpoint of this size is not what was signed. */
  | 'checkpoint_forged'
  /** A sink has a checkpoint of this size over other entries. */
  | 'anchor_mismatch';

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
  /** The last signed checkpoint; null before the first. */
  readonly last_checkpoint: {
    readonly size: number;
    readonly anchored_at: string;
    readonly age_seconds: number;
  } | null;
  /** Entries that no checkpoint vouches for yet: the window in which a change would leave no trace in a sink. */
  readonly unanchored: number;
  /** How far the record was read again in this round, and when the last round ended and up to where. */
  readonly recheck: { readonly position: number; readonly finished_to: number; readonly finished_at: string | null };
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
    last_checkpoint:
      facts.lastCheckpoint === null
        ? null
        : {
            size: facts.lastCheckpoint.size,
            anchored_at: facts.lastCheckpoint.anchoredAt,
            age_seconds: facts.lastCheckpoint.ageSeconds,
          },
    unanchored: facts.contiguousTo - Math.min(facts.contiguousTo, facts.lastCheckpoint?.size ?? 0),
    recheck: {
      position: facts.recheck.position,
      finished_to: facts.recheck.finishedTo,
      finished_at: facts.recheck.finishedAt,
    },
  };
}
