import type pg from 'pg';
import type { LeaseStore, TakenLease } from './lease-store.js';

/** Leases in PostgreSQL, by the database's clock. */
export class PostgresLeaseStore implements LeaseStore {
  constructor(private readonly pool: pg.Pool) {}

  async take(name: string, holder: string, ttlMs: number): Promise<number | null> {
    const [token = null] = await this.takeEach([name], holder, ttlMs);
    return token;
  }

  /** Rows are locked in the order of their names, here and in `releaseEach`, so that two who want the same never meet. */
  async takeEach(names: readonly string[], holder: string, ttlMs: number): Promise<readonly (number | null)[]> {
    const { rows } = await this.pool.query<{ name: string; token: string }>({
      name: 'take_leases',
      text: `INSERT INTO log.leases AS l (name, token, holder, expires_at)
         SELECT asked.name, 1, $2, clock_timestamp() + $3 * interval '1 millisecond'
         FROM unnest($1::text[]) AS asked(name) ORDER BY asked.name
       ON CONFLICT (name) DO UPDATE
         SET token = l.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
         WHERE l.holder IS NULL OR l.expires_at <= clock_timestamp() OR l.holder = excluded.holder
       RETURNING name, token`,
      values: [names, holder, ttlMs],
    });
    const tokens = new Map(rows.map(({ name, token }) => [name, Number(token)]));
    return names.map((name) => tokens.get(name) ?? null);
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
    await this.releaseEach([{ name, token }]);
  }

  async releaseEach(leases: readonly TakenLease[]): Promise<void> {
    await this.pool.query({
      name: 'release_leases',
      text: `WITH mine AS (
         SELECT l.name FROM log.leases l JOIN unnest($1::text[], $2::bigint[]) AS held(name, token)
           ON l.name = held.name AND l.token = held.token
         ORDER BY l.name FOR UPDATE OF l)
       UPDATE log.leases l SET holder = NULL FROM mine WHERE l.name = mine.name`,
      values: [leases.map(({ name }) => name), leases.map(({ token }) => token)],
    });
  }

  async holder(name: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ holder: string | null }>(
      'SELECT holder FROM log.leases WHERE name = $1 AND expires_at > clock_timestamp()',
      [name],
    );
    return rows[0]?.holder ?? null;
  }
}
