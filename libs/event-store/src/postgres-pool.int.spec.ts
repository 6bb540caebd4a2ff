import { eventually, type FreshDatabase, freshDatabase } from '@hub-export/testing';
import pg from 'pg';
import { openPool } from './postgres-pool.js';

// Real: PostgreSQL, and a session that its administrator ends.
describe('a pool', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  it('reports a connection that broke while nobody used it, ends no process, and goes on with another', async () => {
    const reported: string[] = [];
    const pool = openPool({ url: database.url, applicationName: 'idle-one', report: (event) => reported.push(event) });
    await pool.query('SELECT 1');
    expect(pool.idleCount).toBe(1);
    await endSessionsOf(database.url, 'idle-one');
    await eventually(() => reported.includes('connection_lost'), { what: 'the loss is reported' });
    expect(pool.totalCount).toBe(0);
    expect((await pool.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
    await pool.end();
  });
});

async function endSessionsOf(url: string, applicationName: string): Promise<void> {
  const administrator = new pg.Client({ connectionString: url });
  await administrator.connect();
  try {
    await administrator.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      applicationName,
    ]);
  } finally {
    await administrator.end();
  }
}
