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

/** The same reader with the same question within this time is recorded once: pages and polls are one reading. */
export const SAME_READING_MS = 10 * 60 * 1_000;

/** So many questions of a reader are told apart within that time; the others are recorded as `…`, once a view and transfer. */
export const QUESTIONS_MAX = 100;
export const MORE_QUESTIONS = '…';

/** The hash "before" the first access. */
export const FIRST_HASH = '0'.repeat(64);

/** The chain of accesses: SHA-256 of the hash before, a line feed, and the access as canonical JSON with its place. */
export function accessHash(before: string, place: number, access: Access): string {
  return sha256Hex(`${before}\n${canonicalJson({ place, ...access })}`);
}

/** Of which part, and in which form, says nothing about what was asked. */
const NO_QUESTION = new Set(['limit', 'cursor', 'at_least', 'with_total', 'language']);
const PLAIN_VALUE = /^[A-Za-z0-9._:@+-]{1,200}$/;

/** The question in a query; a value that could be any text is told by its digest. */
export function questionOf(query: Readonly<Record<string, unknown>>): string {
  return Object.entries(query)
    .filter(([name, value]) => !NO_QUESTION.has(name) && typeof value === 'string')
    .map(([name, value]) => `${name}=${PLAIN_VALUE.test(String(value)) ? String(value) : sha256Hex(String(value))}`)
    .sort()
    .join('&');
}
