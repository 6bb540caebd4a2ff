import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface FreshDatabase {
  /** The superuser's address of this database. */
  readonly url: string;
  /** Ends every session in it and removes it. */
  drop(): Promise<void>;
}

/**
 * An empty database of its own for a spec file, in the PostgreSQL that the run started or the developer pointed to by
 * `HUB_EXPORT_TEST_DATABASE_URL`.
 */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = process.env['HUB_EXPORT_TEST_DATABASE_URL'];
  if (!server) throw new Error('HUB_EXPORT_TEST_DATABASE_URL is not set: the set-up of the test run has not started.');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
