import pg from 'pg';
import { errorCode, type Report, silent } from './report.js';

export interface PoolOptions {
  readonly url: string;
  /** Shown in the database's list of sessions. */
  readonly applicationName: string;
  /** Connections at most. @default 8 */
  readonly connectionsMax?: number;
  /** A statement is given up after this long. @default 15000 */
  readonly statementTimeoutMs?: number;
  readonly report?: Report;
}

/**
 * For the options of any pool of `pg` (in TypeORM: `extra`). A client's broken connection is also an event, and one
 * that nobody listens to ends the process. The pool listens while a client is idle, its user while a query runs; this
 * covers the moments between, such as the one after a client was handed out.
 */
export const survivesLostConnections = {
  onConnect(this: void, client: { on(event: 'error', listener: () => void): unknown }): void {
    client.on('error', () => undefined);
  },
} as const;

/**
 * A pool for the log. Commits are durable whatever the server's default is; no statement, lock or idle transaction
 * lasts for ever; a connection that broke while idle is reported and thrown away instead of ending the process.
 */
export function openPool(options: PoolOptions): pg.Pool {
  const { statementTimeoutMs = 15_000, report = silent } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.connectionsMax ?? 8,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 15_000,
    // A server that vanished without a word never answers: then our own clock ends the wait.
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    options: '-c synchronous_commit=on',
    ...survivesLostConnections,
  });
  pool.on('error', (error) => report('connection_lost', { code: errorCode(error) }));
  return pool;
}
