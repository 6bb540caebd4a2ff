import { canonicalJson, sha256Hex } from '@hub-export/contracts';

/** Somebody read something of the audit. */
export interface Access {
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** The token's `sub`. */
  readonly subject: string;
  readonly name: string | null;
  /** What was read: the last part of the route's name. */
  readonly view: string;
  readonly transfer_id: string | null;
  /** What the view was narrowed by, sorted; empty for all of it. `…` stands for more questions than are told apart. */
  readonly question: string;
}

/** A recorded access with its place in the chain, 1 to n without gaps. */
export interface RecordedAccess extends Access {
  readonly place: number;
  readonly hash: string;
}

/** The hash "before" the first access. */
export const FIRST_ACCESS_HASH = '0'.repeat(64);

/** The chain of accesses: SHA-256 of the hash before, a line feed, and the access as canonical JSON with its place. */
export function accessHash(before: string, place: number, access: Access): string {
  return sha256Hex(`${before}\n${canonicalJson({ place, ...access })}`);
}

/** The name under which the chain of accesses of a log is anchored. */
export function accessOrigin(origin: string): string {
  return `${origin}${ACCESSES}`;
}

/** Whether a name is one of those. */
export function isAccessOrigin(origin: string): boolean {
  return origin.endsWith(ACCESSES);
}

const ACCESSES = '/accesses';
