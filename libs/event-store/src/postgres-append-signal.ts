import pg from 'pg';
import { type AppendSignal, Listeners } from './append-signal.js';
import { errorCode, type Report, silent } from './report.js';
import { WorkLoop } from './work-loop.js';

const CHECK_MS = 5_000;

/**
 * Listens on a connection of its own to what the append function tells at each commit. After a lost connection it
 * listens anew and wakes everybody, since something may have been missed.
 */
export class PostgresAppendSignal implements AppendSignal {
  private readonly listeners = new Listeners();
  private readonly loop: WorkLoop;
  private client: pg.Client | null = null;

  constructor(
    private readonly url: string,
    private readonly report: Report = silent,
  ) {
    this.loop = new WorkLoop({
      step: () => this.ensureListening(),
      idleMs: () => CHECK_MS,
      onFailure: (error) => this.report('log_signal_lost', { code: errorCode(error) }),
    });
  }

  subscribe(listener: () => void): () => void {
    return this.listeners.subscribe(listener);
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await this.drop();
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /** A round trip shows that the connection lives; one that died in silence would tell nothing for ever. */
  private async ensureListening(): Promise<boolean> {
    try {
      if (this.client === null) await this.listen();
      else await this.client.query('SELECT 1');
      return false;
    } catch (error) {
      await this.drop();
      throw error;
    }
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'hub-export log signal',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    this.client = client;
    client.on('error', () => this.loop.wake());
    client.on('notification', () => this.listeners.tell());
    await client.connect();
    await client.query('LISTEN log_appended');
    this.listeners.tell();
  }

  private async drop(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end().catch(() => undefined);
  }
}
