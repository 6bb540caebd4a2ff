import { EVENT_WRITERS } from '@hub-export/contracts';
import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { GROUP_ROLES } from './group-roles.js';
import { EventLog1790000000001 } from './migrations/0001-event-log.migration.js';
import { Append1790000000002 } from './migrations/0002-append.migration.js';
import { Roles1790000000003 } from './migrations/0003-roles.migration.js';
import { survivesLostConnections } from './postgres-pool.js';

export const EVENT_LOG_MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  EventLog1790000000001,
  Append1790000000002,
  Roles1790000000003,
];

/** Any number, the same for all who migrate a log. */
const MIGRATION_LOCK = 7_205_001;

/**
 * Brings a database's event log to the present shape and the writers' table to what the contracts say. May be called
 * by several processes at once and again at every start.
 * @param ownerUrl a user who owns the database and may create roles.
 */
export async function migrateEventLog(ownerUrl: string): Promise<void> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  // A lost connection shows itself in the next query; without a listener it would end the process.
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    // Held by the session, and so released by its end even if the process is killed.
    await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await owner.query('CREATE SCHEMA IF NOT EXISTS log');
    await runMigrations(ownerUrl);
    await recordWriters(owner);
  } finally {
    await owner.end();
  }
}

async function runMigrations(ownerUrl: string): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema: 'log',
    migrationsTableName: 'migrations',
    migrations: [...EVENT_LOG_MIGRATIONS],
    extra: survivesLostConnections,
  });
  await source.initialize();
  try {
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
}

/** Which role may append which event is said by the contracts; the table follows them at each migration. */
async function recordWriters(owner: pg.Client): Promise<void> {
  const writers = Object.entries(EVENT_WRITERS).flatMap(([service, types]) =>
    types.map((type) => ({ role: GROUP_ROLES[service as keyof typeof EVENT_WRITERS], event_type: type })),
  );
  await owner.query(
    `WITH wanted AS (SELECT * FROM jsonb_to_recordset($1) AS w(role name, event_type text)),
       gone AS (DELETE FROM log.writers w WHERE NOT EXISTS (
         SELECT FROM wanted n WHERE n.role = w.role AND n.event_type = w.event_type))
     INSERT INTO log.writers SELECT * FROM wanted ON CONFLICT DO NOTHING`,
    [JSON.stringify(writers)],
  );
}
