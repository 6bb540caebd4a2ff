import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { BusUnavailable } from './bus-errors.js';

export interface BusOptions {
  /** `nats://host:port` or `tls://host:port`; several are one cluster. */
  readonly servers: string | readonly string[];
  /** Who we are on the bus: letters, digits, `-` and `_`. Also the inbox prefix `_INBOX_<name>`, for subject permissions. */
  readonly name: string;
  /** A credentials file (JWT and seed); read again at each connection, so that it may be renewed. */
  readonly credentialsFile?: string;
  /** PEM files; with certificate and key the bus may know us by them. */
  readonly tls?: { readonly caFile: string; readonly certFile?: string; readonly keyFile?: string };
}

export interface BusStatus {
  readonly up: boolean;
  /** Since when it is so; ISO 8601. */
  readonly since: string;
  /** The server's version, once there was one. */
  readonly serverVersion: string | null;
}

/** How long one attempt to connect may take, and how long a caller waits for a connection by default, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 2_000;
export const CONNECTION_WAIT_MS = 5_000;

const CONNECT_PAUSE_MS = 500;
/** Half-open connections are found within about 30 s. */
const PING_INTERVAL_MS = 15_000;

/** Starts to connect and returns at once: the server may come later, and may go and come as often as it likes. */
export function connectBus(options: BusOptions): Bus {
  return new Bus(options);
}

/** The one connection of a process to the bus. It is tried for until `close`. */
export class Bus {
  private up: NatsConnection | undefined;
  private since = new Date();
  private serverVersion: string | null = null;
  private readonly closing = new AbortController();
  private readonly waiting = new Set<(connection: NatsConnection) => void>();
  private readonly reconnected = new Set<() => void>();
  private readonly life: Promise<void>;

  constructor(private readonly options: BusOptions) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(options.name))
      throw new RangeError('The bus client is named by letters, digits, - and _.');
    this.life = this.live();
  }

  status(): BusStatus {
    return { up: this.up !== undefined, since: this.since.toISOString(), serverVersion: this.serverVersion };
  }

  /**
   * The connection, when it is up.
   * @throws BusUnavailable when it is not within `waitMs` (default CONNECTION_WAIT_MS), or after `close`.
   */
  connection(waitMs = CONNECTION_WAIT_MS): Promise<NatsConnection> {
    if (this.up) return Promise.resolve(this.up);
    if (this.closing.signal.aborted) return Promise.reject(new BusUnavailable());
    return new Promise((resolve, reject) => {
      const settle = (connection: NatsConnection | undefined): void => {
        clearTimeout(timer);
        this.closing.signal.removeEventListener('abort', giveUp);
        this.waiting.delete(settle);
        if (connection) resolve(connection);
        else reject(new BusUnavailable());
      };
      const giveUp = (): void => settle(undefined);
      const timer = setTimeout(giveUp, waitMs);
      this.closing.signal.addEventListener('abort', giveUp);
      this.waiting.add(settle);
    });
  }

  /** Calls the listener each time the connection comes up, the first time too. The answer ends it. */
  onReconnect(listener: () => void): () => void {
    this.reconnected.add(listener);
    return () => this.reconnected.delete(listener);
  }

  /** Sends what is still under way, then leaves the bus for good. */
  async close(): Promise<void> {
    this.closing.abort();
    // Draining needs a server; without one there is nobody to send to.
    if (this.up) await this.up.drain().catch(() => undefined);
    await this.connected?.close();
    await this.life;
  }

  /** Connected once, though perhaps not at this moment. */
  private connected: NatsConnection | undefined;

  private async live(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        this.connected = await connect(connectionOptions(this.options));
        await this.follow(this.connected);
      } catch {
        // Not there yet, or refused: both are seen in the status, and both may be mended without us.
        await pause(CONNECT_PAUSE_MS, this.closing.signal);
      }
    }
  }

  /** Keeps the status in step until the connection is closed. The client reconnects by itself, without limit. */
  private async follow(connection: NatsConnection): Promise<void> {
    if (this.closing.signal.aborted) return connection.close();
    this.cameUp(connection);
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.wentDown();
      if (type === 'reconnect') this.cameUp(connection);
      if (type === 'close') break;
    }
    await connection.closed();
    this.wentDown();
  }

  private cameUp(connection: NatsConnection): void {
    this.up = connection;
    this.since = new Date();
    this.serverVersion = connection.info?.version ?? null;
    for (const settle of [...this.waiting]) settle(connection);
    for (const listener of [...this.reconnected]) listener();
  }

  private wentDown(): void {
    if (!this.up) return;
    this.up = undefined;
    this.since = new Date();
  }
}

/** Resolves after the time, or at once when the signal says stop. */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener('abort', done);
  });
}

function connectionOptions({ servers, name, credentialsFile, tls }: BusOptions): ConnectionOptions {
  return {
    servers: typeof servers === 'string' ? servers : [...servers],
    name,
    inboxPrefix: `_INBOX_${name}`,
    timeout: CONNECT_TIMEOUT_MS,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: CONNECT_PAUSE_MS,
    // Otherwise two refusals in a row would end it for good, and a credential that is renewed a minute later come too late.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(credentialsFile === undefined
      ? {}
      : { authenticator: credsAuthenticator(() => readFileSync(credentialsFile)) }),
    ...(tls === undefined ? {} : { tls }),
  };
}
