import pg from 'pg';
import { errorCode, type Report, silent } from './report.js';

/** Lets one relay work at a time. */
export interface RelayLock {
  /** True while it is ours; tries to get it where it is not. */
  take(): Promise<boolean>;
  /** Asks whether it is still ours, for a step that must not be done by two. */
  confirm(): Promise<boolean>;
  release(): Promise<void>;
}

/** Any number, the same for all relays of a log. */
const RELAY_LOCK = 7_205_002;
/** A session that says nothing for so long is ended by the server, in milliseconds. */
const SESSION_IDLE_MS = 15_000;
/** The relay that holds the lock speaks this often within that time. */
const WORDS_A_SESSION = 3;

/**
 * An advisory lock of a database session: whoever's session ends, killed or not, has lost it at that moment, and a
 * relay that stands by gets it at its next look. A process that is frozen keeps its session open, so the server ends
 * one that is silent.
 */
export class PostgresRelayLock implements RelayLock {
  private client: pg.Client | null = null;
  private isHeld = false;
  private spokeAt = 0;

  /** @param sessionIdleMs after which silence loses the lock, in milliseconds; more than a step of the relay lasts */
  constructor(
    private readonly url: string,
    private readonly report: Report = silent,
    private readonly sessionIdleMs = SESSION_IDLE_MS,
  ) {}

  async take(): Promise<boolean> {
    if (this.isHeld) return this.isRecent() || this.confirm();
    try {
      const client = (this.client ??= await this.connect());
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [RELAY_LOCK]);
      this.isHeld = rows[0]?.taken === true;
      this.spokeAt = performance.now();
      return this.isHeld;
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async confirm(): Promise<boolean> {
    if (!this.isHeld || this.client === null) return false;
    try {
      await this.client.query('SELECT 1');
      this.spokeAt = performance.now();
      return this.isHeld;
    } catch {
      await this.release();
      return false;
    }
  }

  async release(): Promise<void> {
    const { client } = this;
    this.client = null;
    this.isHeld = false;
    await client?.end().catch(() => undefined);
  }

  private isRecent(): boolean {
    return performance.now() - this.spokeAt < this.sessionIdleMs / WORDS_A_SESSION;
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'hub-export relay',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
      // The session of a machine that vanished is ended by the server within seconds, and the lock with it.
      options: `-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c idle_session_timeout=${this.sessionIdleMs}`,
    });
    const lost = (error: Error): void => {
      if (this.client !== client) return;
      this.client = null;
      this.isHeld = false;
      this.report('connection_lost', { code: errorCode(error) });
    };
    client.on('error', lost);
    await client.connect();
    return client;
  }
}
