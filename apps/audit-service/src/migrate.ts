import 'reflect-metadata';
import { startOrExit } from '@hub-export/http-edge';
import { loadMigrationUrl } from '@hub-export/service-runtime';
import { migrateAudit } from './migrations/audit.migration.js';

// One shot: exits with 0 when the schema is there, with 1 and the reason when it cannot be made.
await startOrExit(() => migrateAudit(loadMigrationUrl(process.env).reveal()));
