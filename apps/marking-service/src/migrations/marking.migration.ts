import { GROUP_ROLES, migrateEventLog } from '@hub-export/event-store';
import { DataSource } from 'typeorm';
import { Views1790000001001 } from './0001-views.migration.js';

/** Any number, the same for all who migrate this schema. */
const MIGRATION_LOCK = 7_205_101;

/**
 * Brings the event log and the schema `marking` to their present shape. May be called by several processes at once and
 * again at any time.
 * @param ownerUrl a user who owns the database and may create roles.
 */
export async function migrateMarking(ownerUrl: string): Promise<void> {
  await migrateEventLog(ownerUrl);
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema: 'marking',
    migrationsTableName: 'migrations',
    migrations: [Views1790000001001],
  });
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    // Held by the session, and so released by its end even if the process is killed.
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await source.runMigrations({ transaction: 'each' });
    await lock.query(GRANTS);
  } finally {
    await lock.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await lock.release();
    await source.destroy();
  }
}

const GRANTS = `
GRANT USAGE ON SCHEMA marking TO ${GROUP_ROLES.marking};
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE
  ON marking.resources, marking.transfers, marking.nodes, marking.egress TO ${GROUP_ROLES.marking};
`;
