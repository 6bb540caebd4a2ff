import { sha256Hex } from '@hub-export/contracts';

/** The same reader with the same question within this time is recorded once: pages and polls are one reading. */
export const SAME_READING_MS = 10 * 60 * 1_000;

/** So many questions of a reader are told apart within that time; the others are recorded as `…`, once a view and transfer. */
export const QUESTIONS_MAX = 100;
export const MORE_QUESTIONS = '…';

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
