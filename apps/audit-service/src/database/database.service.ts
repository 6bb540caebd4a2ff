import type { Log } from '@hub-export/http-edge';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** How often the first connection is tried for, in milliseconds. Later ones are the pool's own affair. */
const CONNECT_EVERY_MS = 500;
const STATEMENT_TIMEOUT_MS = 15_000;

/** The connections to the audit's database. It may come after the service: until then every query fails, and says so. */
export class Database implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly source: DataSource;
  private stopping = false;
  private connecting: Promise<void> | undefined;
  private wake: () => void = () => undefined;

  constructor(
    url: string,
    private readonly log: Log,
  ) {
    this.source = new DataSource({
      type: 'postgres',
      url,
      synchronize: false,
      applicationName: 'audit-service',
      poolSize: 8,
      connectTimeoutMS: 5_000,
      extra: {
        statement_timeout: STATEMENT_TIMEOUT_MS,
        lock_timeout: STATEMENT_TIMEOUT_MS,
        // A server that vanished without a word never answers: then our own clock ends the wait.
        query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
        idle_in_transaction_session_timeout: 60_000,
        keepAlive: true,
        // An entry is acknowledged to the bus once it is safe, whatever the server's default is.
        options: '-c synchronous_commit=on',
      },
      poolErrorHandler: () => log.warn({ event: 'database_connection_lost' }),
    });
  }

  onApplicationBootstrap(): void {
    this.connecting = this.connect();
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
    while (!this.stopping) {
      try {
        await this.source.initialize();
        return;
      } catch {
        this.log.warn({ event: 'database_awaited' });
        await this.pause();
      }
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
