export { type AppendFault, DATA_BYTES_MAX, EVENTS_PER_REQUEST_MAX, READ_EVENTS_MAX } from './append-limits.js';
export { type AppendSignal } from './append-signal.js';
export { type DocumentStore } from './document-store.js';
export { emptyTable } from './empty-table.js';
export {
  AppendRefused,
  DocumentCorrupted,
  Fenced,
  KeyReused,
  StoreUnavailable,
  UnknownCommit,
  VersionConflict,
} from './errors.js';
export { type BusMessage, type EventBus } from './event-bus.js';
export {
  APPEND_SIGNAL,
  DOCUMENT_STORE,
  EVENT_STORE,
  EventStoreModule,
  type EventStoreModuleOptions,
  LEASE_STORE,
} from './event-store.module.js';
export { type AppendRequest, type AppendResult, type EventStore, type NewEvent } from './event-store.js';
export { GROUP_ROLES, type ServiceRole } from './group-roles.js';
export {
  type DomainEvent,
  handle,
  type Handled,
  type HandleOptions,
  type KnownStream,
  load,
  toDomainEvent,
} from './handle.js';
export { type LeaseStore, type TakenLease } from './lease-store.js';
export { MemoryDocumentStore } from './memory-document-store.js';
export { MemoryEventStore, type MemoryEventStoreOptions } from './memory-event-store.js';
export { MemoryLeaseStore } from './memory-lease-store.js';
export { EVENT_LOG_MIGRATIONS, migrateEventLog } from './migrate.js';
export { PostgresAppendSignal } from './postgres-append-signal.js';
export { PostgresDocumentStore } from './postgres-document-store.js';
export { PostgresEventStore } from './postgres-event-store.js';
export { PostgresLeaseStore } from './postgres-lease-store.js';
export { openPool, type PoolOptions, survivesLostConnections } from './postgres-pool.js';
export { type Projection } from './projection.js';
export { PROJECTION_BATCH, ProjectionRunner, type ProjectionRunnerOptions } from './projection-runner.js';
export { PostgresRelayLock, type RelayLock } from './relay-lock.js';
export { Relay, type RelayCounts, type RelayOptions } from './relay.js';
export { type Report } from './report.js';
export { createServiceUser, type OwnerConnection, type ServiceUser } from './service-user.js';
export { recordRefusal } from './refusals.js';
