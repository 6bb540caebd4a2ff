import { type DynamicModule, Inject, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import type { EventBus } from './event-bus.js';
import { PostgresAppendSignal } from './postgres-append-signal.js';
import { PostgresDocumentStore } from './postgres-document-store.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { PostgresLeaseStore } from './postgres-lease-store.js';
import { openPool } from './postgres-pool.js';
import { PostgresRelayLock } from './relay-lock.js';
import { Relay } from './relay.js';
import type { Report } from './report.js';

/** Tokens, since tests hand others: `EventStore`, `LeaseStore`, `DocumentStore`, `AppendSignal`. */
export const EVENT_STORE = Symbol('EventStore');
export const LEASE_STORE = Symbol('LeaseStore');
export const DOCUMENT_STORE = Symbol('DocumentStore');
export const APPEND_SIGNAL = Symbol('AppendSignal');
const EVENT_LOG_POOL = Symbol('pg.Pool of the event log');

export interface EventStoreModuleOptions {
  /** Of the service's login user. */
  readonly url: string;
  /** Shown in the database's list of sessions. */
  readonly applicationName: string;
  /** @default 8 */
  readonly connectionsMax?: number;
  /** Where a relay publishes the log. Without it the module runs none. */
  readonly relayTo?: EventBus;
  /** @default a line in Nest's log for each */
  readonly report?: Report;
}

@Injectable()
class PoolCloser implements OnApplicationShutdown {
  constructor(@Inject(EVENT_LOG_POOL) private readonly pool: pg.Pool) {}

  onApplicationShutdown(): Promise<void> {
    return this.pool.end();
  }
}

/** The event store as a service uses it. Starts and stops its own parts with the application. */
@Module({})
export class EventStoreModule {
  static with(options: EventStoreModuleOptions): DynamicModule {
    const { url, applicationName, connectionsMax, relayTo, report = logged() } = options;
    const poolOptions = { url, applicationName, report, ...(connectionsMax === undefined ? {} : { connectionsMax }) };
    const inPool = { inject: [EVENT_LOG_POOL] };
    const relay = {
      provide: Relay,
      inject: [EVENT_STORE, APPEND_SIGNAL],
      useFactory: (store: PostgresEventStore, signal: PostgresAppendSignal) =>
        new Relay({ store, signal, report, bus: relayTo as EventBus, lock: new PostgresRelayLock(url, report) }),
    };
    return {
      module: EventStoreModule,
      providers: [
        { provide: EVENT_LOG_POOL, useFactory: () => openPool(poolOptions) },
        { provide: EVENT_STORE, ...inPool, useFactory: (pool: pg.Pool) => new PostgresEventStore(pool) },
        { provide: LEASE_STORE, ...inPool, useFactory: (pool: pg.Pool) => new PostgresLeaseStore(pool) },
        { provide: DOCUMENT_STORE, ...inPool, useFactory: (pool: pg.Pool) => new PostgresDocumentStore(pool) },
        { provide: APPEND_SIGNAL, useFactory: () => new PostgresAppendSignal(url, report) },
        PoolCloser,
        ...(relayTo === undefined ? [] : [relay]),
      ],
      exports: [EVENT_STORE, LEASE_STORE, DOCUMENT_STORE, APPEND_SIGNAL, ...(relayTo === undefined ? [] : [Relay])],
    };
  }
}

function logged(): Report {
  const logger = new Logger('EventStore');
  return (code, fields) => logger.warn({ code, ...fields });
}
