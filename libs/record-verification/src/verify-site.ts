import { entryText } from '@hub-export/contracts';
import { type Hash, isSameHash, perfectRoot, TILE_WIDTH } from '@hub-export/transparency-log';
import { type AccessReport, walkAccesses } from './access-walk.js';
import { type Anchored, readAnchors, rootOfNote, type Trust } from './anchored.js';
import { checkKeys } from './signer-keys.js';
import { step, type Walk, WALK_START, type WalkedEntry, walkedRoot } from './record-walk.js';
import { LISTED_MAX, type PlaceRange, SiteFindings, type SiteReport } from './site-report.js';
import { Peekable, type SiteSources } from './site-sources.js';

export interface VerifyOptions extends Trust {
  /** Told of the place that was reached, every so often. */
  readonly onProgress?: (place: number) => void;
  /** A little more may have come to the log while the audit was read: places behind this one are not missed in it. */
  readonly auditExpectedTo?: number;
}

const PROGRESS_EVERY = 10_000;

/**
 * Walks log and audit side by side from the first entry, and compares both with each other, with the kept tree, with the
 * stored checkpoints and with every anchor. Reads each entry once and keeps, besides the anchors, a few hashes.
 */
export async function verifySite(sources: SiteSources, options: VerifyOptions): Promise<SiteReport> {
  const findings = new SiteFindings();
  const anchored = await readAnchors(sources.anchors(), options, findings);
  const site = new SiteWalk(sources, options, anchored, findings, await sources.auditContiguousTo());
  await site.walk();
  return site.conclude(await walkAccesses(sources.accesses, anchored.accesses));
}

class SiteWalk {
  private readonly log = { walk: WALK_START, entries: 0, agreedTo: 0, differs: false };
  private readonly audit = { walk: WALK_START, entries: 0, agreedTo: 0, differs: false };
  private readonly checkpoints: Peekable<{ readonly size: number; readonly note: string }>;
  /** Hashes of the tiles that are not complete yet, by level. */
  private edge: Hash[][] = [];
  private compared = 0;
  private storedSizes = 0;
  private lastStored = 0;
  private unanchoredStored: number[] = [];
  private missing: PlaceRange[] = [];
  private missingCount = 0;
  private anchorsStored = new Set<number>();

  constructor(
    private readonly sources: SiteSources,
    private readonly options: VerifyOptions,
    private readonly anchored: Anchored,
    private readonly findings: SiteFindings,
    private readonly auditContiguousTo: number,
  ) {
    this.checkpoints = new Peekable(sources.checkpoints, ({ size }) => size);
  }

  async walk(): Promise<void> {
    const log = new Peekable(this.sources.logEntries, ({ globalSeq }) => globalSeq);
    const audit = new Peekable(this.sources.auditEntries, ({ globalSeq }) => globalSeq);
    for (let told = 0; ;) {
      const [ofLog, ofAudit] = [await log.peek(), await audit.peek()];
      const place = Math.min(ofLog?.globalSeq ?? Infinity, ofAudit?.globalSeq ?? Infinity);
      if (place === Infinity) break;
      const [inLog, inAudit] = [ofLog?.globalSeq === place, ofAudit?.globalSeq === place];
      if (inLog) this.takeOfLog(ofLog as WalkedEntry);
      if (inAudit) await this.takeOfAudit(ofAudit as WalkedEntry);
      if (inLog && inAudit && !isSame(ofLog as WalkedEntry, ofAudit as WalkedEntry)) {
        this.findings.add('audit_differs_from_log', place);
      }
      if (inLog) log.take();
      if (inAudit) audit.take();
      if (place - told >= PROGRESS_EVERY) {
        told = place;
        this.options.onProgress?.(place);
      }
    }
    await this.end();
  }

  conclude(accesses: AccessReport): SiteReport {
    const { findings, anchored } = this;
    // Where no anchor vouches for anything, log and audit could have been written anew together.
    const isAnchored = anchored.roots.size > 0 || this.log.entries === 0;
    const isWhole =
      isAnchored &&
      !anchored.isEndTorn &&
      this.missingCount === 0 &&
      this.compared === anchored.roots.size &&
      this.unanchoredStored.length === 0;
    return {
      status: findings.total + accesses.finding_count > 0 ? 'tampered' : isWhole ? 'intact' : 'incomplete',
      first_bad: findings.firstBad(),
      findings: findings.all,
      finding_count: findings.total,
      missing: this.missing,
      missing_count: this.missingCount,
      log_entries: this.log.entries,
      audit_entries: this.audit.entries,
      anchors: anchored.roots.size,
      anchors_compared: this.compared,
      last_anchor: anchored.last,
      unanchored_tail: Math.max(0, this.log.walk.position - anchored.last),
      torn_lines: anchored.torn,
      end_torn: anchored.isEndTorn,
      checkpoints_without_anchor: this.unanchoredStored.length,
      accesses,
    };
  }

  private takeOfLog(entry: WalkedEntry): void {
    const { walk, missing, follows } = step(this.log.walk, entry);
    if (missing !== null) this.findings.add('log_entries_missing', missing.from, missing.to);
    if (!follows) this.findings.add('log_entry_changed', entry.globalSeq);
    this.log.walk = walk;
    this.log.entries += 1;
    if (this.compare(this.log, 'log_differs_from_anchor')) this.compared += 1;
  }

  private async takeOfAudit(entry: WalkedEntry): Promise<void> {
    const { walk, leaf, missing, follows } = step(this.audit.walk, entry);
    if (missing !== null) this.lack(missing);
    if (!follows) this.findings.add('audit_entry_changed', entry.globalSeq);
    this.audit.walk = walk;
    this.audit.entries += 1;
    this.compare(this.audit, 'audit_differs_from_anchor');
    if (walk.tree !== null) await this.grow(0, leaf);
    await this.checkStored(entry.globalSeq);
  }

  /** True where there was an anchor to compare with. Once a record differs, every later anchor would say so again. */
  private compare(
    record: { walk: Walk; agreedTo: number; differs: boolean },
    code: 'log_differs_from_anchor' | 'audit_differs_from_anchor',
  ): boolean {
    const { position } = record.walk;
    const expected = this.anchored.roots.get(position);
    const root = walkedRoot(record.walk);
    if (expected === undefined || root === null) return false;
    if (isSameHash(root, expected)) record.agreedTo = position;
    else if (!record.differs) {
      record.differs = true;
      this.findings.addSomewhere(code, record.agreedTo + 1, position);
    }
    return true;
  }

  /** What the audit lacks was taken away where it said, or an anchor says, that it had it; else it has not come yet. */
  private lack({ from, to }: PlaceRange): void {
    const vouched = Math.max(this.auditContiguousTo, this.anchored.last);
    if (from <= vouched) return this.findings.add('audit_entries_missing', from, to);
    this.missingCount += to - from + 1;
    if (this.missing.length < LISTED_MAX) this.missing.push({ from, to });
  }

  /** The tree of tiles as it follows from the entries; each that is complete is compared with the one that is kept. */
  private async grow(level: number, hash: Hash): Promise<void> {
    const hashes = (this.edge[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    this.edge[level] = [];
    const root = perfectRoot(hashes);
    const { position } = this.audit.walk;
    const width = TILE_WIDTH ** (level + 1);
    if (position <= this.auditContiguousTo) {
      const kept = await this.sources.tile(level, position / width - 1);
      const isKept = kept !== null && isSameHash(kept.hashes, Buffer.concat(hashes)) && isSameHash(kept.root, root);
      // Up to the last anchor that agrees, the entries are what they were: if it is they, it is one behind it.
      const from = this.audit.agreedTo >= position ? 0 : this.audit.agreedTo;
      if (!isKept) this.findings.addSomewhere('tile_changed', Math.max(position - width, from) + 1, position);
    }
    await this.grow(level + 1, root);
  }

  /** Stored checkpoints up to a place, each against its signature, the audit's tree and the sink. */
  private async checkStored(place: number): Promise<void> {
    for (let stored = await this.checkpoints.peek(); stored !== undefined && stored.size <= place;) {
      this.checkpoints.take();
      this.checkOneStored(stored);
      stored = await this.checkpoints.peek();
    }
  }

  private checkOneStored({ size, note }: { readonly size: number; readonly note: string }): void {
    this.storedSizes += 1;
    this.lastStored = size;
    this.anchorsStored.add(size);
    const root = rootOfNote(note, size, this.options);
    if (root === null) return this.findings.add('checkpoint_forged', size);
    const inSink = this.anchored.roots.get(size);
    if (inSink === undefined) this.unanchoredStored.push(size);
    else if (!isSameHash(inSink, root)) this.findings.add('checkpoint_differs', size);
    const walked = this.audit.walk.position === size ? walkedRoot(this.audit.walk) : null;
    if (inSink === undefined && walked !== null && !isSameHash(walked, root)) {
      this.findings.addSomewhere('checkpoint_differs', this.audit.agreedTo + 1, size);
    }
  }

  private async end(): Promise<void> {
    const { last, roots } = this.anchored;
    const [logEnd, auditEnd] = [this.log.walk.position, this.audit.walk.position];
    await this.checkStored(Infinity);
    this.checkHead(await this.sources.logHead());
    checkKeys(await this.sources.checkpointKeys(), this.anchored, this.lastStored, this.findings);
    if (last > logEnd) this.findings.add('log_below_anchor', logEnd + 1, last);
    else if (auditEnd > logEnd) this.findings.add('log_entries_missing', logEnd + 1, auditEnd);
    if (last > auditEnd) this.findings.add('audit_below_anchor', auditEnd + 1, last);
    const expected = Math.min(logEnd, this.options.auditExpectedTo ?? logEnd);
    const had = Math.max(this.auditContiguousTo, this.lastStored);
    if (had > auditEnd && last <= auditEnd) this.findings.add('audit_entries_missing', auditEnd + 1, had);
    else if (expected > auditEnd && last <= auditEnd) this.lack({ from: auditEnd + 1, to: expected });
    // Those behind the last one that is stored may be on their way from the sink into the store.
    for (const size of roots.keys()) {
      if (size < this.lastStored && !this.anchorsStored.has(size)) this.findings.add('checkpoint_missing', size);
    }
  }

  private checkHead({ position, hash }: { readonly position: number; readonly hash: string }): void {
    const { walk } = this.log;
    if (position > walk.position) this.findings.add('log_entries_missing', walk.position + 1, position);
    else if (position < walk.position) this.findings.add('log_head_differs', position + 1, walk.position);
    else if (walk.position > 0 && walk.hash !== hash) this.findings.add('log_head_differs', position);
  }
}

function isSame(one: WalkedEntry, other: WalkedEntry): boolean {
  return one.hash === other.hash && entryText(one) === entryText(other);
}
