import type { EntityManager } from 'typeorm';

/** Rows that one statement deletes: well within the time that a service's connections give it. */
const PIECE = 20_000;

/**
 * Empties a table of a view in `tx`, whatever its size: a service's connections end a long statement, on both sides, so
 * it is done in pieces. By DELETE, so that others see the old rows until `tx` commits.
 *
 * @param table with its schema; a name of the code, never of a request
 * @param piece rows of one statement
 */
export async function emptyTable(tx: EntityManager, table: string, piece = PIECE): Promise<void> {
  for (let deleted = piece; deleted === piece;) {
    const [, count] = await tx.query<readonly [unknown, number]>(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} LIMIT $1))`,
      [piece],
    );
    deleted = count;
  }
}
