import type { AccessReport } from './access-walk.js';

/** What is wrong, by a word that does not change. */
export type SiteFindingCode =
  /** The log has no entry at these places, though it is numbered without gaps. */
  | 'log_entries_missing'
  /** The hash does not follow from the entry before and its own text. */
  | 'log_entry_changed'
  /** What the log keeps of its own end is not what it ends with. */
  | 'log_head_differs'
  /** The audit has lost entries that it had. */
  | 'audit_entries_missing'
  | 'audit_entry_changed'
  /** The audit has an entry that is not the log's. */
  | 'audit_differs_from_log'
  /** A tile of the kept tree is missing or is not the one of the entries. */
  | 'tile_changed'
  /** A stored checkpoint is not by the key, or not what it is kept as. */
  | 'checkpoint_forged'
  /** A stored checkpoint speaks of other entries than those that are there. */
  | 'checkpoint_differs'
  /** A key that the sink tells is not stored, though a checkpoint that it may have signed is. */
  | 'checkpoint_key_missing'
  /** A stored key is not one that the sink tells, or not from the same checkpoint on. */
  | 'checkpoint_key_differs'
  /** An anchored checkpoint is not stored. */
  | 'checkpoint_missing'
  /** A line of the sink is not by the key. */
  | 'anchor_forged'
  /** A line of the sink is neither one that was written nor what a crash leaves of one. */
  | 'anchor_damaged'
  /** The sink has two signed stories of one size. */
  | 'anchor_conflict'
  /** Log or audit is not what an anchored checkpoint vouches for. */
  | 'log_differs_from_anchor'
  | 'audit_differs_from_anchor'
  /** Log or audit ends before an anchored checkpoint does: it was cut off, or put back to an older state. */
  | 'log_below_anchor'
  | 'audit_below_anchor';

export interface SiteFinding {
  readonly code: SiteFindingCode;
  /** The places of the log that it speaks of; from = to where it is one. */
  readonly from: number;
  readonly to: number;
}

export interface PlaceRange {
  readonly from: number;
  readonly to: number;
}

/** So many findings and ranges are listed; the counts are whole. */
export const LISTED_MAX = 100;

/** What a verification showed. */
export interface SiteReport {
  /**
   * `tampered`: something is not as it was recorded. `incomplete`: nothing speaks against what is there, and not all is
   * there to be judged. `intact`: all is there and agrees.
   */
  readonly status: 'intact' | 'tampered' | 'incomplete';
  /** The first place of the log that is bad; a range where only the checkpoints around it can tell. */
  readonly first_bad: PlaceRange | null;
  readonly findings: readonly SiteFinding[];
  readonly finding_count: number;
  /** Entries that the audit has not (yet). */
  readonly missing: readonly PlaceRange[];
  readonly missing_count: number;
  readonly log_entries: number;
  readonly audit_entries: number;
  readonly anchors: number;
  /** Of these, compared with the log. Those behind a gap cannot be. */
  readonly anchors_compared: number;
  readonly last_anchor: number;
  /** Entries of the log behind the last anchor: what was changed there, no sink would show. */
  readonly unanchored_tail: number;
  /** Lines of the sink that a crash tore; they hold no anchor. */
  readonly torn_lines: number;
  /** Whether no checkpoint follows a torn line: what it was to anchor is not known, so the site is `incomplete`. */
  readonly end_torn: boolean;
  /** Stored checkpoints that the sink does not have. */
  readonly checkpoints_without_anchor: number;
  /** Who read the audit: a chain of its own, with places of its own. */
  readonly accesses: AccessReport;
}

/** Gathers what is found, in any order, and concludes. */
export class SiteFindings {
  private readonly listed: SiteFinding[] = [];
  private count = 0;
  private exact: number | null = null;
  private anchored: PlaceRange | null = null;

  /** A fault of exactly these places. */
  add(code: SiteFindingCode, from: number, to = from): void {
    this.list(code, from, to);
    this.exact = Math.min(from, this.exact ?? from);
  }

  /** A fault somewhere in these places: between a checkpoint that still agrees and one that does not. */
  addSomewhere(code: SiteFindingCode, from: number, to: number): void {
    this.list(code, from, to);
    if (this.anchored === null || from < this.anchored.from) this.anchored = { from, to };
  }

  get total(): number {
    return this.count;
  }

  get all(): readonly SiteFinding[] {
    return [...this.listed].sort((one, other) => one.from - other.from || one.to - other.to);
  }

  /** The exact place, unless the checkpoints show that something before it was changed, too. */
  firstBad(): PlaceRange | null {
    const { exact, anchored } = this;
    if (exact !== null && (anchored === null || exact <= anchored.to)) return { from: exact, to: exact };
    return anchored;
  }

  private list(code: SiteFindingCode, from: number, to: number): void {
    this.count += 1;
    if (this.listed.length < LISTED_MAX) this.listed.push({ code, from, to });
  }
}
