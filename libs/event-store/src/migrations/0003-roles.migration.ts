import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GROUP_ROLES } from '../group-roles.js';

/**
 * Each service has a role of its own, so that a fault or a break-in in one cannot write as another, and none can
 * change what is recorded. The audit reads the bus and never the log. Each service keeps its read models in a schema
 * of its own.
 */
export class Roles1790000000003 implements MigrationInterface {
  readonly name = 'Roles1790000000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const role of Object.values(GROUP_ROLES)) await runner.query(createRole(role));
    await runner.query(GRANTS);
  }

  async down(): Promise<void> {
    throw new Error('The log is only ever added to: there is no way back.');
  }
}

/** Roles belong to the whole server, and several databases may be migrated at once: who comes second is content. */
function createRole(role: string): string {
  return `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`;
}

const { marking, transfer, audit, reader } = GROUP_ROLES;

const GRANTS = `
REVOKE ALL ON SCHEMA log FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA log FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA log FROM PUBLIC;

GRANT USAGE ON SCHEMA log TO ${marking}, ${transfer}, ${reader};
GRANT SELECT ON log.head, log.events, log.commands, log.leases, log.checkpoints, log.writers
  TO ${marking}, ${transfer}, ${reader};
GRANT SELECT, INSERT ON log.documents TO ${marking}, ${transfer};
GRANT INSERT, UPDATE ON log.leases, log.checkpoints TO ${marking}, ${transfer};
GRANT EXECUTE ON FUNCTION log.append(jsonb) TO ${marking}, ${transfer};

CREATE SCHEMA IF NOT EXISTS marking;
CREATE SCHEMA IF NOT EXISTS transfer;
CREATE SCHEMA IF NOT EXISTS audit;
GRANT USAGE, CREATE ON SCHEMA marking TO ${marking};
GRANT USAGE, CREATE ON SCHEMA transfer TO ${transfer};
GRANT USAGE, CREATE ON SCHEMA audit TO ${audit};
`;
