import { migrateSchema } from '@hub-export/service-runtime';
import { Audit1790000003001 } from './0001-audit.migration.js';
import { Tree1790000003002 } from './0002-tree.migration.js';
import { Accesses1790000003003 } from './0003-accesses.migration.js';

/** The group role of this service's login users (NOLOGIN). */
export const AUDIT_ROLE = 'hub_export_audit';
/** The group role of those who verify a site: it reads the record, as it reads the log, and nothing else. */
export const READER_ROLE = 'hub_export_reader';

/**
 * Brings the schema `audit` to its present shape. May be called by several processes at once and again at any time. The
 * event log need not be in the same database: nothing of it is touched.
 * @param ownerUrl a user who owns the database and may create roles.
 */
export function migrateAudit(ownerUrl: string): Promise<void> {
  const migrations = [Audit1790000003001, Tree1790000003002, Accesses1790000003003];
  return migrateSchema({ ownerUrl, schema: 'audit', migrations, before: CREATE_ROLE, after: GRANTS });
}

/** Roles belong to the whole server, and several databases may be migrated at once: who comes second is content. */
const CREATE_ROLE = [AUDIT_ROLE, READER_ROLE].map(createRole).join(';\n');

function createRole(role: string): string {
  return `DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`;
}

// What was recorded and what was found may be added to and never changed; the views can be folded again.
const GRANTS = `
REVOKE CREATE ON SCHEMA audit FROM ${AUDIT_ROLE};
GRANT USAGE ON SCHEMA audit TO ${AUDIT_ROLE};
GRANT SELECT, INSERT ON audit.entries, audit.findings, audit.tree_tiles, audit.checkpoints, audit.checkpoint_keys,
  audit.accesses TO ${AUDIT_ROLE};
GRANT SELECT, UPDATE ON audit.progress, audit.recheck TO ${AUDIT_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE
  ON audit.transfers, audit.transfer_actors, audit.resources, audit.actions TO ${AUDIT_ROLE};
GRANT USAGE ON SCHEMA audit TO ${READER_ROLE};
GRANT SELECT ON audit.entries, audit.findings, audit.progress, audit.tree_tiles, audit.checkpoints, audit.checkpoint_keys,
  audit.accesses TO ${READER_ROLE};
`;
