import type pg from 'pg';

/** Rows of one statement. */
const CHUNK = 250_000;
/** As many connections fill, and build indexes, at the same time. */
const LANES = 2;
/** Of one connection that builds an index: what is sorted in memory need not be written and read again. */
const INDEX_MEMORY = '1GB';

export interface Multiplication {
  /** With its schema. */
  readonly table: string;
  /** Which real rows are the pattern, as the condition of a WHERE. */
  readonly pattern: string;
  /** How often the pattern is repeated. */
  readonly count: number;
  /** What differs: for each such column an expression of `n`, from 1 on, and of the pattern's row `p`. */
  readonly differing: Readonly<Record<string, string>>;
}

/**
 * Fills a table with copies of rows that the system itself wrote, under the real columns, constraints and indexes. Its
 * indexes are built at the end, and it is not logged, which saves most of the time and changes nothing for readers.
 * @throws where there are no such rows, or no such column
 */
export async function multiply(
  pool: pg.Pool,
  { table, pattern, count, differing }: Multiplication,
  progress: (text: string) => void,
): Promise<void> {
  const indexes = await secondaryIndexes(pool, table);
  await pool.query(`CREATE TABLE IF NOT EXISTS pattern_of_${table.replace('.', '_')} AS
    SELECT * FROM ${table} WHERE ${pattern}`);
  for (const { name } of indexes) await pool.query(`DROP INDEX ${name}`);
  await pool.query(`ALTER TABLE ${table} SET UNLOGGED`);
  const columns = await columnsOf(pool, table);
  const unknown = Object.keys(differing).find((column) => !columns.includes(column));
  if (unknown !== undefined) throw new Error(`${table} has no column ${unknown}: its schema has changed.`);
  const values = columns.map((column) => differing[column] ?? `p.${column}`);
  const statement = `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')}
    FROM pattern_of_${table.replace('.', '_')} p, generate_series($1::bigint, $2::bigint) n`;
  let next = 1;
  await inLanes(async () => {
    for (let from = next; from <= count; from = next) {
      next = from + CHUNK;
      const { rowCount } = await pool.query(statement, [from, Math.min(count, from + CHUNK - 1)]);
      if (rowCount === 0) throw new Error(`${table} has no row where ${pattern}.`);
      if (count > CHUNK) progress(`${table}: ${Math.min(count, next - 1)} of ${count}`);
    }
  });
  const missing = [...indexes];
  await inLanes(async () => {
    for (let index = missing.shift(); index !== undefined; index = missing.shift()) {
      await buildIndex(pool, index.definition);
      if (count > CHUNK) progress(`${table}: index ${index.name}`);
    }
  });
  await pool.query(`VACUUM ANALYZE ${table}`);
}

async function inLanes(work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: LANES }, work));
}

async function buildIndex(pool: pg.Pool, definition: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`SET maintenance_work_mem = '${INDEX_MEMORY}'`);
    await client.query(definition);
    await client.query('RESET maintenance_work_mem');
  } finally {
    client.release();
  }
}

async function columnsOf(pool: pg.Pool, table: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped',
    [table],
  );
  return rows.map(({ name }) => name);
}

/** Those that belong to no constraint. */
async function secondaryIndexes(
  pool: pg.Pool,
  table: string,
): Promise<readonly { readonly name: string; readonly definition: string }[]> {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
     WHERE i.indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
    [table],
  );
  return rows;
}
