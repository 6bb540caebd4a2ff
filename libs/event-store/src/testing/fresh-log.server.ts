import { freshDatabase } from '@hub-export/testing';
import { randomBytes } from 'node:crypto';
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
  const database = await freshDatabase();
  const { url } = database;
  await migrateEventLog(url);

  const owner = new pg.Pool({ connectionString: url, max: 2 });
  // The database is dropped, and servers are restarted, below this pool.
  owner.on('error', () => undefined);
  const name = `log_${randomBytes(6).toString('hex')}`;
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
      await database.drop();
      const server = new pg.Client({ connectionString: address(url, { pathname: '/postgres' }) });
      await server.connect();
      for (const role of roles) await server.query(`DROP ROLE ${name}_${role}`);
      await server.end();
    },
  };
}

function address(url: string, change: Partial<Pick<URL, 'pathname' | 'username' | 'password'>>): string {
  return Object.assign(new URL(url), change).href;
}
