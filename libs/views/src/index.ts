export { type DatabaseTrouble, databaseTrouble } from './database-trouble.js';
export { ErrorAnswers } from './error-answers.interceptor.js';
export { migrateViews, type ViewMigrations } from './migrate-views.migration.js';
export { ViewDatabase, type ViewDatabaseOptions } from './view-database.service.js';
export { POSITION_WAIT_MS, ViewPosition } from './view-position.service.js';
