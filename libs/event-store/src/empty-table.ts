import type { EntityManager } from 'typeorm';

/** Pages that one statement empties: well within the time that a service's connections give it. */
const PAGES = 2_000;

/**
 * Empties a table of a view in `tx`, whatever its size: a service's connections end a long statement, on both sides, so
 * it is done page by page, each looked at once. By DELETE, so that others see the old rows until `tx` commits. Nobody
 * else may write the table meanwhile; for a view that is so, since its checkpoint is locked.
 *
 * @param table with its schema; a name of the code, never of a request
 * @param pages of one statement
 */
export async function emptyTable(tx: EntityManager, table: string, pages = PAGES): Promise<void> {
  const [size] = await tx.query<{ pages: number }[]>(
    `SELECT ceil(pg_relation_size($1::regclass)::numeric / current_setting('block_size')::integer)::integer AS pages`,
    [table],
  );
  for (let from = 0; from < (size?.pages ?? 0); from += pages) {
    await tx.query(`DELETE FROM ${table} WHERE ctid >= '(${from},0)' AND ctid < '(${from + pages},0)'`);
  }
}
