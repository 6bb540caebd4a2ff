import { GROUP_ROLES, migrateEventLog } from '@hub-export/event-store';
import { migrateSchema } from '@hub-export/service-runtime';
import { Views1790000001001 } from './0001-views.migration.js';

/**
 * Brings the event log and the schema `marking` to their present shape. May be called by several processes at once and
 * again at any time.
 * @param ownerUrl a user who owns the database and may create roles.
 */
export async function migrateMarking(ownerUrl: string): Promise<void> {
  await migrateEventLog(ownerUrl);
  await migrateSchema({ ownerUrl, schema: 'marking', migrations: [Views1790000001001], after: GRANTS });
}

const GRANTS = `
GRANT USAGE ON SCHEMA marking TO ${GROUP_ROLES.marking};
GRANT SELECT, INSERT, UPDATE, DELETE
  ON marking.resources, marking.resource_states, marking.transfers, marking.nodes, marking.circuits, marking.egress TO ${GROUP_ROLES.marking};
`;
