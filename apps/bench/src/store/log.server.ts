import { createServiceUser, migrateEventLog, openPool, type ServiceRole } from '@hub-export/event-store';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Workbench } from '../run/workbench.server.js';

/** A migrated log in a database of its own, on durable settings. */
export interface BenchLog {
  readonly ownerUrl: string;
  /** The address of a login user in a service's role. */
  urlOf(role: ServiceRole): Promise<string>;
  /** A pool as services open it, ended with the row. */
  pool(role: ServiceRole): Promise<pg.Pool>;
  /** A bare pool of the owner, ended with the row: for limits that go past the event store. */
  rawPool(connections: number): pg.Pool;
}

export async function benchLog(workbench: Workbench): Promise<BenchLog> {
  const ownerUrl = await workbench.database('with the log alone', migrateEventLog);
  return logIn(workbench, ownerUrl);
}

/** The same in a database that was migrated already. */
export function logIn(workbench: Workbench, ownerUrl: string): BenchLog {
  const keep = (pool: pg.Pool): pg.Pool => {
    pool.on('error', () => undefined);
    workbench.atEnd(() => pool.end());
    return pool;
  };
  const urlOf = (role: ServiceRole): Promise<string> => serviceUrl(workbench, ownerUrl, role);
  return {
    ownerUrl,
    urlOf,
    pool: async (role) => keep(openPool({ url: await urlOf(role), applicationName: 'bench' })),
    rawPool: (max) => keep(new pg.Pool({ connectionString: ownerUrl, max })),
  };
}

/** A login user for this row in a service's role; users belong to the whole server, so it is dropped with the row. */
export async function serviceUrl(workbench: Workbench, ownerUrl: string, role: ServiceRole): Promise<string> {
  const name = `bench_${role}_${randomBytes(5).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await createServiceUser(owner, { role, name, password });
  await owner.end();
  return Object.assign(new URL(ownerUrl), { username: name, password }).href;
}
