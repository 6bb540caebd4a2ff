import { DataSource } from 'typeorm';
import { Audit1790000003001 } from './0001-audit.migration.js';

/** The group role of this service's login users (NOLOGIN). */
export const AUDIT_ROLE = 'hub_export_audit';

/** Any number, the same for all who migrate this schema. */
const MIGRATION_LOCK = 7_205_301;

/**
 * Brings the schema `audit` to its present shape. May be called by several processes at once and again at any time. The
 * event log need not be in the same database: nothing of it is touched.
 * @param ownerUrl a user who owns the database and may create roles.
 */
export async function migrateAudit(ownerUrl: string): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema: 'audit',
    migrationsTableName: 'migrations',
    migrations: [Audit1790000003001],
  });
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    // Held by the session, and so released by its end even if the process is killed.
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await lock.query(CREATE_ROLE);
    await lock.query('CREATE SCHEMA IF NOT EXISTS audit');
    await source.runMigrations({ transaction: 'each' });
    await lock.query(GRANTS);
  } finally {
    await lock.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await lock.release();
    await source.destroy();
  }
}

/** Roles belong to the whole server, and several databases may be migrated at once: who comes second is content. */
const CREATE_ROLE = `DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${AUDIT_ROLE}') THEN CREATE ROLE ${AUDIT_ROLE} NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`;

// What was recorded and what was found may be added to and never changed; the views can be folded again.
const GRANTS = `
REVOKE CREATE ON SCHEMA audit FROM ${AUDIT_ROLE};
GRANT USAGE ON SCHEMA audit TO ${AUDIT_ROLE};
GRANT SELECT, INSERT ON audit.entries, audit.findings TO ${AUDIT_ROLE};
GRANT SELECT, UPDATE ON audit.progress TO ${AUDIT_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE
  ON audit.transfers, audit.resource_centers, audit.actions TO ${AUDIT_ROLE};
`;
