import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { migrateEventLog } from '../migrate.js';
import { createServiceUser } from '../service-user.js';
import { GROUP_ROLES, type ServiceRole } from '../group-roles.js';

export interface FreshLog {
  /** The owner's address. */
  readonly url: string;
  /** The address of a login user in each service's role. */
  readonly urls: { readonly [Role in ServiceRole]: string };
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A migrated log in a database of its own, with a user for each role, in the PostgreSQL of the test run. */
export async function freshLog(): Promise<FreshLog> {
  const server = process.env['HUB_EXPORT_TEST_DATABASE_URL'];
  if (server === undefined) throw new Error('HUB_EXPORT_TEST_DATABASE_URL is not set.');
  const name = `log_${randomBytes(6).toString('hex')}`;
  await execute(server, [`CREATE DATABASE ${name}`]);
  const url = address(server, { pathname: `/${name}` });
  await migrateEventLog(url);

  const owner = new pg.Pool({ connectionString: url, max: 2 });
  // The database is dropped, and servers are restarted, below this pool.
  owner.on('error', () => undefined);
  const roles = Object.keys(GROUP_ROLES) as ServiceRole[];
  for (const role of roles)
    await createServiceUser(owner, { role, name: `${name}_${role}`, password: 'only for tests' });
  const urls = Object.fromEntries(
    roles.map((role) => [role, address(url, { username: `${name}_${role}`, password: 'only for tests' })]),
  ) as unknown as FreshLog['urls'];

  return {
    url,
    urls,
    query: async (sql, values) => (await owner.query(sql, values)).rows as never,
    async drop() {
      await owner.end();
      await execute(server, [
        `DROP DATABASE ${name} WITH (FORCE)`,
        ...roles.map((role) => `DROP ROLE ${name}_${role}`),
      ]);
    },
  };
}

/** Waits for a condition, looking every few milliseconds, for ten seconds at most. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}.`);
    await pause(5);
  }
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function address(url: string, change: Partial<Pick<URL, 'pathname' | 'username' | 'password'>>): string {
  return Object.assign(new URL(url), change).href;
}
