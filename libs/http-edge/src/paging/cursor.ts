import { Problem } from '../problems/problem.js';

/** What a cursor's places may hold. Numbers beyond 2^53 go as text. */
export type CursorKind = 'number' | 'string';

/** The values of a cursor whose kinds are `Kinds`. */
export type CursorValues<Kinds extends readonly CursorKind[]> = {
  [Place in keyof Kinds]: Kinds[Place] extends 'number' ? number : string;
};

/** One page of a list: its items, and where the next begins, null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** A cursor is at most this long, in characters. */
export const CURSOR_LENGTH_MAX = 2_048;

/** The sort key of a page's last item, as an opaque text. */
export function encodeCursor(values: readonly (number | string)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * The sort key that a cursor holds, with exactly these kinds; undefined where no cursor was given.
 *
 * @throws Problem 400 `invalid_cursor`
 */
export function parseCursor<const Kinds extends readonly CursorKind[]>(
  cursor: string | undefined,
  kinds: Kinds,
): CursorValues<Kinds> | undefined {
  if (cursor === undefined) return undefined;
  const values = decode(cursor);
  const matches =
    Array.isArray(values) && values.length === kinds.length && kinds.every((kind, at) => typeof values[at] === kind);
  if (!matches) throw new Problem(400, 'invalid_cursor', 'The cursor is not one that this list gave.');
  return values as unknown as CursorValues<Kinds>;
}

/** A page from rows of which one more than `limit` was asked for: the one too many says that there is a next page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly (number | string)[],
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next_cursor = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null;
  return { items: shown.map(itemOf), next_cursor };
}

function decode(cursor: string): unknown {
  if (cursor.length > CURSOR_LENGTH_MAX || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
