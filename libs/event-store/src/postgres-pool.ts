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
    idle_in_transaction_session_timeout: 60_000,
    // A server that vanished without a word never answers: then our own clock ends the wait.
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    options: '-c synchronous_commit=on',
  });
  pool.on('error', (error) => report('connection_lost', { code: errorCode(error) }));
  return pool;
}
