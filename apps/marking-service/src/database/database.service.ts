import { type Report } from '@hub-export/event-store';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { VIEW_ENTITIES } from '../view/view.entity.js';

/** How often the first connection is tried for, in milliseconds. Later ones are the pool's own affair. */
const CONNECT_EVERY_MS = 500;

/** The views' connections. The database may come after the service: until then every query fails, and says so. */
@Injectable()
export class Database implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly source: DataSource;
  private stopping = false;
  private connecting: Promise<void> | undefined;
  private wake: () => void = () => undefined;

  constructor(
    url: string,
    private readonly report: Report,
  ) {
    this.source = new DataSource({
      type: 'postgres',
      url,
      entities: VIEW_ENTITIES,
      synchronize: false,
      applicationName: 'marking-service views',
      poolSize: 8,
      connectTimeoutMS: 5_000,
      extra: {
        statement_timeout: 15_000,
        query_timeout: 20_000,
        keepAlive: true,
        idle_in_transaction_session_timeout: 60_000,
      },
      poolErrorHandler: () => report('connection_lost', {}),
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

  /** @throws whatever says that the database is away; see `isDatabaseAway`. */
  async rows<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.source.query<Row[]>(sql, [...values]);
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
