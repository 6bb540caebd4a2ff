import 'reflect-metadata';
import { migrateEventLog } from '@hub-export/event-store';
import { startOrExit } from '@hub-export/http-edge';
import { loadMigrationUrl, migrateSchema } from '@hub-export/service-runtime';
import { Overview1790000002001 } from './migrations/0001-overview.migration.js';

// One shot: exits with 0 when the schemas are there, with 1 and the reason when they cannot be made.
await startOrExit(async () => {
  const ownerUrl = loadMigrationUrl(process.env).reveal();
  await migrateEventLog(ownerUrl);
  await migrateSchema({ ownerUrl, schema: 'transfer', migrations: [Overview1790000002001] });
});
