import { migrateSchema } from '@hub-export/service-runtime';
import { Audit1790000003001 } from './0001-audit.migration.js';

/** The group role of this service's login users (NOLOGIN). */
export const AUDIT_ROLE = 'hub_export_audit';

/**
 * Brings the schema `audit` to its present shape. May be called by several processes at once and again at any time. The
 * event log need not be in the same database: nothing of it is touched.
 * @param ownerUrl a user who owns the database and may create roles.
 */
export function migrateAudit(ownerUrl: string): Promise<void> {
  const migrations = [Audit1790000003001];
  return migrateSchema({ ownerUrl, schema: 'audit', migrations, before: CREATE_ROLE, after: GRANTS });
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
  ON audit.transfers, audit.transfer_actors, audit.resources, audit.actions TO ${AUDIT_ROLE};
`;
