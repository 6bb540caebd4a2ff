export { type CertificateRequest, ensureAuthority, type LocalAuthority } from './authority.file.js';
export { type FindOptions, findNatsServer, type NatsServerBinary } from './nats.binary.js';
export { MAX_FILE_STORE_BYTES, MAX_PAYLOAD_BYTES } from './nats-settings.js';
export { type NatsOptions, type NatsServer, startNats } from './nats.server.js';
export { isAtLeast, type NatsVersion, parseNatsVersion } from './nats-version.js';
export { freePort, isFree } from './port.server.js';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.server.js';
export {
  isAlive,
  type LocalServer,
  logTail,
  type ProcessPlan,
  type ServerProcess,
  startProcess,
} from './server.process.js';
export { SERVICE_NODE_ENVIRONMENT, SERVICE_NODE_OPTIONS } from './service-node-options.js';
