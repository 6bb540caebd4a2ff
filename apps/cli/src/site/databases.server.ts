import { createServiceUser, type ServiceRole } from '@hub-export/event-store';
import pg from 'pg';
import { join } from 'node:path';
import type { MigrationTargets } from './migrations.process.js';
import { keptSecret, writeSecret } from './secret.file.js';

/** Of the three services; each has a login user and a file with its connection string. */
export const DATABASE_ROLES = ['marking', 'transfer', 'audit'] as const satisfies readonly ServiceRole[];

/** In a PostgreSQL of our own, log and audit have a database each, so that the audit cannot even reach the log. */
export async function createDatabases(superuserUrl: string): Promise<MigrationTargets> {
  await withClient(superuserUrl, async (client) => {
    for (const name of ['hub_export', 'hub_export_audit']) {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    }
  });
  return {
    ownerUrl: withDatabase(superuserUrl, 'hub_export'),
    auditOwnerUrl: withDatabase(superuserUrl, 'hub_export_audit'),
  };
}

/**
 * Gives each service its login user with a password of its own, and writes its connection string to
 * `<secrets>/<role>.database-url`. Users belong to the whole server, so their names bear the mark of this site.
 */
export async function createUsers(targets: MigrationTargets, secrets: string): Promise<void> {
  const mark = keptSecret(join(secrets, 'site-mark'), 4);
  await withClient(targets.ownerUrl, async (client) => {
    for (const role of DATABASE_ROLES) {
      const name = `hub_export_${role}_${mark}`;
      const password = keptSecret(join(secrets, `${role}.password`));
      await createServiceUser(client, { role, name, password });
      const url = new URL(role === 'audit' ? targets.auditOwnerUrl : targets.ownerUrl);
      url.username = name;
      url.password = password;
      writeSecret(databaseUrlFile(secrets, role), url.href);
    }
  });
}

/** What `DATABASE_URL_FILE` of a service names. */
export function databaseUrlFile(secrets: string, role: (typeof DATABASE_ROLES)[number]): string {
  return join(secrets, `${role}.database-url`);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // Without a listener, a connection that the server ends would end this process; the running query tells it anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
