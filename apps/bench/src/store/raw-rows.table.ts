import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DATA_TEXT } from './requests.js';

const TABLE = 'CREATE TABLE raw_rows (id uuid PRIMARY KEY, body json NOT NULL)';
const INSERT = 'INSERT INTO raw_rows (id, body) VALUES ($1, $2)';
const INSERT_BATCH = 'INSERT INTO raw_rows SELECT id, body FROM json_to_recordset($1) AS r(id uuid, body json)';

/** The limit of everything that records: rows of a table with a key and a JSON text, and nothing else. */
export class RawRows {
  private constructor(private readonly pool: pg.Pool) {}

  static async create(pool: pg.Pool): Promise<RawRows> {
    await pool.query(TABLE);
    return new RawRows(pool);
  }

  /** One row, one prepared statement, one commit. */
  insert(): Promise<unknown> {
    return this.pool.query({ name: 'raw', text: INSERT, values: [randomUUID(), DATA_TEXT] });
  }

  /** So many rows in one statement from one JSON text. */
  insertBatch(count: number): Promise<unknown> {
    const rows = Array.from({ length: count }, () => `{"id":"${randomUUID()}","body":${DATA_TEXT}}`);
    return this.pool.query({ name: 'raw-batch', text: INSERT_BATCH, values: [`[${rows.join(',')}]`] });
  }
}
