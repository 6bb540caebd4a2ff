import type pg from 'pg';
import type { LeaseStore } from './lease-store.js';

/** Leases in PostgreSQL, by the database's clock. */
export class PostgresLeaseStore implements LeaseStore {
  constructor(private readonly pool: pg.Pool) {}

  async take(name: string, holder: string, ttlMs: number): Promise<number | null> {
    const { rows } = await this.pool.query<{ token: string }>(
      `INSERT INTO log.leases AS l (name, token, holder, expires_at)
         VALUES ($1, 1, $2, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE
         SET token = l.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
         WHERE l.holder IS NULL OR l.expires_at <= clock_timestamp() OR l.holder = excluded.holder
       RETURNING token`,
      [name, holder, ttlMs],
    );
    return rows[0] === undefined ? null : Number(rows[0].token);
  }

  async renew(name: string, token: number, ttlMs: number): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `UPDATE log.leases SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
         WHERE name = $1 AND token = $2 AND holder IS NOT NULL`,
      [name, token, ttlMs],
    );
    return rowCount === 1;
  }

  async release(name: string, token: number): Promise<void> {
    await this.pool.query('UPDATE log.leases SET holder = NULL WHERE name = $1 AND token = $2', [name, token]);
  }

  async holder(name: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ holder: string | null }>(
      'SELECT holder FROM log.leases WHERE name = $1 AND expires_at > clock_timestamp()',
      [name],
    );
    return rows[0]?.holder ?? null;
  }
}
