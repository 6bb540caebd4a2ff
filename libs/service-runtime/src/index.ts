export { AtLeastQuery, PageAtLeastQuery } from './at-least.dto.js';
export { type DatabaseTrouble, databaseTrouble, isDocumentTooLarge } from './database-trouble.js';
export { ErrorAnswers } from './error-answers.interceptor.js';
export { migrateSchema, type SchemaMigrations } from './schema.migration.js';
export { openBus } from './service-bus.server.js';
export { ServiceDatabase, type ServiceDatabaseOptions } from './service-database.service.js';
export { Down, LAG_MAX, type Measure, ServiceWatch } from './service-watch.service.js';
export {
  type BusConfig,
  busConfig,
  loadMigrationUrl,
  MigrationVariables,
  ServiceVariables,
} from './service.variables.js';
export { POSITION_WAIT_MS, ViewPosition } from './view-position.service.js';
export { BusLeaver } from './bus-leaver.service.js';
export { logReport } from './report.log.js';
