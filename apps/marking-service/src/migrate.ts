import 'reflect-metadata';
import { startOrExit } from '@hub-export/http-edge';
import { loadMigrationUrl } from '@hub-export/service-runtime';
import { migrateMarking } from './migrations/marking.migration.js';

// One shot: exits with 0 when the schema is there, with 1 and the reason when it cannot be made.
await startOrExit(() => migrateMarking(loadMigrationUrl(process.env).reveal()));
