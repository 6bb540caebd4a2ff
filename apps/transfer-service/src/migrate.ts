import 'reflect-metadata';
import { readVariables, type Secret, SecretVariable } from '@hub-export/environment';
import { migrateEventLog } from '@hub-export/event-store';
import { startOrExit } from '@hub-export/http-edge';
import { migrateSchema } from '@hub-export/service-runtime';
import { Overview1790000002001 } from './migrations/0001-overview.migration.js';

class MigrationVariables {
  @SecretVariable({ description: 'PostgreSQL, as the owner of the schemas.', protocols: ['postgres:', 'postgresql:'] })
  readonly MIGRATION_DATABASE_URL!: Secret;
}

// One shot: exits with 0 when the schemas are there, with 1 and the reason when they cannot be made.
await startOrExit(async () => {
  const ownerUrl = readVariables(MigrationVariables, process.env).MIGRATION_DATABASE_URL.reveal();
  await migrateEventLog(ownerUrl);
  await migrateSchema({ ownerUrl, schema: 'transfer', migrations: [Overview1790000002001] });
});
