import { accessHash, FIRST_ACCESS_HASH, type RecordedAccess } from './access-chain.js';
import { LISTED_MAX } from './site-report.js';
import { Peekable, type SiteSources } from './site-sources.js';

/** What is wrong with the record of who read the audit. */
export type AccessFindingCode =
  /** The chain has no access at this place, though its places have no gaps. */
  | 'access_missing'
  /** Its hash does not follow from the access before and itself. */
  | 'access_changed'
  /** It is not the one that an anchor vouches for. */
  | 'access_differs_from_anchor'
  /** The chain ends before an anchored access: it was cut off, or begun anew. */
  | 'accesses_below_anchor'
  /** A line of the sink is not by the key. */
  | 'access_anchor_forged';

export interface AccessFinding {
  readonly code: AccessFindingCode;
  /** Of the access; places of accesses, not of the log. */
  readonly place: number;
}

/** What the walk along the accesses showed. */
export interface AccessReport {
  readonly count: number;
  /** Anchored places of the chain. */
  readonly anchors: number;
  readonly last_anchor: number;
  /** Accesses behind the last anchor: what was cut off there, no sink would show. */
  readonly unanchored_tail: number;
  /** As they were found, LISTED_MAX at most; the count is whole. */
  readonly findings: readonly AccessFinding[];
  readonly finding_count: number;
}

/** What the sinks vouch for: the hash of an access by its place; and places of lines that are not by the keys. */
export interface AccessAnchors {
  readonly hashes: ReadonlyMap<number, string>;
  readonly forged: readonly number[];
}

/** Walks the chain of accesses from the first one, and compares it with each of its anchors. */
export async function walkAccesses(
  accesses: SiteSources['accesses'],
  { hashes, forged }: AccessAnchors,
): Promise<AccessReport> {
  const findings = new AccessFindings();
  for (const place of forged) findings.add('access_anchor_forged', place);
  const chain = new Peekable(accesses, ({ place }) => place);
  let [before, end, count] = [FIRST_ACCESS_HASH, 0, 0];
  for (let one = await chain.peek(); one !== undefined; one = await chain.peek()) {
    chain.take();
    if (one.place !== end + 1) findings.add('access_missing', end + 1);
    else if (!follows(one, before)) findings.add('access_changed', one.place);
    const anchored = hashes.get(one.place);
    if (anchored !== undefined && anchored !== one.hash) findings.add('access_differs_from_anchor', one.place);
    [before, end, count] = [one.hash, one.place, count + 1];
  }
  const last = [...hashes.keys()].reduce((most, place) => Math.max(most, place), 0);
  if (last > end) findings.add('accesses_below_anchor', end + 1);
  return {
    count,
    anchors: hashes.size,
    last_anchor: last,
    unanchored_tail: Math.max(0, end - last),
    findings: findings.listed,
    finding_count: findings.count,
  };
}

class AccessFindings {
  readonly listed: AccessFinding[] = [];
  count = 0;

  add(code: AccessFindingCode, place: number): void {
    this.count += 1;
    if (this.listed.length < LISTED_MAX) this.listed.push({ code, place });
  }
}

function follows({ place, hash, ...access }: RecordedAccess, before: string): boolean {
  return accessHash(before, place, access) === hash;
}
