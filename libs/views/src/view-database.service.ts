import { type Report } from '@hub-export/event-store';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntitySchema, type MixedList } from 'typeorm';

/** How often the first connection is tried for, in milliseconds. Later ones are the pool's own affair. */
const CONNECT_EVERY_MS = 500;

export interface ViewDatabaseOptions {
  /** Of the service's login user. */
  readonly url: string;
  /** Shown in the database's list of sessions. */
  readonly applicationName: string;
  readonly entities: MixedList<EntityClass | EntitySchema>;
  readonly report: Report;
}

type EntityClass = new () => object;

/** The views' connections. The database may come after the service: until then every query fails, and says so. */
@Injectable()
export class ViewDatabase implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly source: DataSource;
  private readonly report: Report;
  private stopping = false;
  private connecting: Promise<void> | undefined;
  private wake: () => void = () => undefined;

  constructor({ url, applicationName, entities, report }: ViewDatabaseOptions) {
    this.report = report;
    this.source = new DataSource({
      type: 'postgres',
      url,
      entities,
      synchronize: false,
      applicationName,
      poolSize: 8,
      connectTimeoutMS: 5_000,
      extra: { statement_timeout: 15_000, query_timeout: 20_000, keepAlive: true, idle_in_transaction_session_timeout: 60_000 },
      poolErrorHandler: () => report('connection_lost', {}),
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

  /** @throws whatever says that the database is away; see `isDatabaseAway`. */
  async rows<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.source.query<Row[]>(sql, [...values]);
  }

  private async connect(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.source.initialize();
        return;
      } catch {
        this.report('database_awaited', {});
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
