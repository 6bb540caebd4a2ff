import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import pg from 'pg';
import { DATA_TEXT } from './requests.js';

/** A commit that tells whoever listens. */
const INSERT_AND_TELL = `WITH told AS (SELECT pg_notify('bench_told', ''))
INSERT INTO raw_rows (id, body) SELECT $1::uuid, $2::json FROM told`;
const READ = 'SELECT id, body FROM raw_rows WHERE id = $1';
const INSERT = 'INSERT INTO raw_rows (id, body) VALUES ($1, $2)';
/** Between BEGIN and COMMIT the audit goes to the database so many times for an entry. */
const ROUND_TRIPS = 3;

/** What stands between a commit and the audit's views, each step of it with one row and nothing to decide. */
export class BareSteps {
  private constructor(
    private readonly pool: pg.Pool,
    private readonly listener: pg.Client,
  ) {}

  /** @param pool where the table of raw rows is there */
  static async over(pool: pg.Pool, url: string): Promise<BareSteps> {
    const listener = new pg.Client({ connectionString: url });
    await listener.connect();
    await listener.query('LISTEN bench_told');
    return new BareSteps(pool, listener);
  }

  /** A row is committed, another connection hears of it, and it is read. */
  async committed(): Promise<void> {
    const id = randomUUID();
    const heard = once(this.listener, 'notification');
    await this.pool.query({ name: 'tell', text: INSERT_AND_TELL, values: [id, DATA_TEXT] });
    await heard;
    await this.pool.query({ name: 'read', text: READ, values: [id] });
  }

  /** A durable transaction of as many round trips as one of the audit. */
  async audited(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      for (let trip = 0; trip < ROUND_TRIPS; trip += 1)
        await client.query({ name: 'raw', text: INSERT, values: [randomUUID(), DATA_TEXT] });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  }

  close(): Promise<void> {
    return this.listener.end();
  }
}
