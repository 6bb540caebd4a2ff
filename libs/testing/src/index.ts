export { freePort } from '@hub-export/local-servers';
export { type Awaited, eventually } from './eventually.wait.js';
export { type FreshDatabase, freshDatabase } from './fresh-database.server.js';
export { type FreshNats, freshNats } from './fresh-nats.server.js';
