import { type Report, survivesLostConnections } from '@hub-export/event-store';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntityManager, type EntitySchema, type MixedList } from 'typeorm';

export interface ServiceDatabaseOptions {
  /** Of the service's login user. */
  readonly url: string;
  /** Shown in the database's list of sessions. */
  readonly applicationName: string;
  /** @default none */
  readonly entities?: MixedList<EntityClass | EntitySchema>;
  /**
   * Whether statements of one transaction that are begun together are sent together, instead of each after the answer to
   * the one before; they are carried out in their order all the same. Where one fails, wait for all before you roll back.
   * @default false
   */
  readonly pipeline?: boolean;
  readonly report: Report;
}

type EntityClass = new () => object;

/** How often the first connection is tried for, in milliseconds. Later ones are the pool's own affair. */
const CONNECT_EVERY_MS = 500;
const STATEMENT_TIMEOUT_MS = 15_000;

/** A service's own connections. The database may come after the service: until then every query fails, and says so. */
export class ServiceDatabase implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly source: DataSource;
  private readonly report: Report;
  private stopping = false;
  private connecting: Promise<void> | undefined;
  private wake: () => void = () => undefined;

  constructor({ url, applicationName, entities = [], pipeline = false, report }: ServiceDatabaseOptions) {
    this.report = report;
    this.source = new DataSource({
      type: 'postgres',
      url,
      entities,
      synchronize: false,
      applicationName,
      poolSize: 8,
      connectTimeoutMS: 5_000,
      extra: {
        statement_timeout: STATEMENT_TIMEOUT_MS,
        lock_timeout: STATEMENT_TIMEOUT_MS,
        // A server that vanished without a word never answers: then our own clock ends the wait.
        query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
        idle_in_transaction_session_timeout: 15_000,
        keepAlive: true,
        pipeline,
        ...survivesLostConnections,
        // What was answered to be done is safe, whatever the server's default is. A statement that was prepared is planned
        // for the tables as they are now: they may have been empty when it was prepared.
        options: '-c synchronous_commit=on -c plan_cache_mode=force_custom_plan',
      },
      poolErrorHandler: () => report('database_connection_lost', {}),
    });
  }

  /** Waits for the first attempt alone: where the database is there, the first request finds it. */
  async onApplicationBootstrap(): Promise<void> {
    if (!(await this.tryToConnect())) this.connecting = this.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.connecting;
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** @throws what says that the database is away (`databaseTrouble`), or what it says of the statement. */
  rows<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.source.query<Row[]>(sql, [...values]);
  }

  /** All or nothing. @throws as `rows` does. */
  transaction<Answer>(work: (tx: EntityManager) => Promise<Answer>): Promise<Answer> {
    return this.source.transaction(work);
  }

  private async connect(): Promise<void> {
    this.report('database_awaited', {});
    do await this.pause();
    while (!this.stopping && !(await this.tryToConnect()));
  }

  private async tryToConnect(): Promise<boolean> {
    try {
      await this.source.initialize();
      return true;
    } catch {
      return false;
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, CONNECT_EVERY_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
