import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { launch, READY_LIMIT_MS } from './launch.server.js';
import { postgresArguments } from './postgres-settings.js';
import { postgresBinaries } from './postgres.binaries.js';
import { type Cluster, ensureCluster, locateCluster, postgresEnvironment } from './postgres.data.js';
import { readState, writeState } from './server-state.file.js';
import { isAlive, type LocalServer, takeUp } from './server.process.js';
import { unprivilegedUser } from './server.user.js';

const NAME = 'PostgreSQL';
const CONNECT_LIMIT_MS = 2_000;
const POLL_MS = 50;
/** Fast shutdown: sessions are ended, what they committed is kept. */
const STOP_SIGNAL = 'SIGINT';

export interface PostgresOptions {
  /** Folder of the data. Beside it lie `.password`, `.log` and `.server.json` of the same name. */
  readonly dataDir: string;
  /** @default 0, the port of the last run where it is free, else any free one */
  readonly port?: number;
  /** false is for tests: commits may be lost on a power failure. */
  readonly durable: boolean;
}

export interface PostgresServer extends LocalServer {
  /** The superuser's address of the database `postgres`; holds the password. */
  readonly url: string;
}

/**
 * Starts a real PostgreSQL on 127.0.0.1 and resolves when a connection has succeeded. A server of the same folder that
 * still runs is taken up instead of started twice. As root it runs as `nobody`.
 *
 * @throws Error with the last lines of its log when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dataDir = resolve(options.dataDir);
  const user = unprivilegedUser();
  const cluster = await locateCluster(dataDir, user, options.durable);
  const bin = postgresBinaries(user, dirname(cluster.folder));
  const password = await ensureCluster(cluster, bin);
  return (await findRunning(cluster, password)) ?? start(cluster, bin, password, options.port ?? 0);
}

async function start(cluster: Cluster, bin: string, password: string, port: number): Promise<PostgresServer> {
  const { dataDir, folder, user, durable } = cluster;
  const logFile = `${dataDir}.log`;
  const server = await launch({
    name: NAME,
    logFile,
    port,
    lastPort: readState(dataDir)?.port,
    plan: async (chosen) => ({
      name: NAME,
      command: join(bin, 'postgres'),
      args: postgresArguments({ dataFolder: folder, port: chosen, durable }),
      cwd: folder,
      env: postgresEnvironment(),
      user,
      logFile,
      stopSignal: STOP_SIGNAL,
    }),
    isReady: (chosen) => answers(urlOf(chosen, password), folder),
  });
  writeState(dataDir, { pid: server.pid, owner: process.pid, port: server.port });
  return { ...server, url: urlOf(server.port, password) };
}

/**
 * A server of this folder that an earlier run left behind, or that belongs to another process. One that is on its way
 * up or down is waited for. A note (postmaster.pid) whose number went to some other process is removed, since
 * PostgreSQL would refuse to start beside it.
 */
async function findRunning(cluster: Cluster, password: string): Promise<PostgresServer | undefined> {
  const note = join(cluster.folder, 'postmaster.pid');
  const deadline = Date.now() + READY_LIMIT_MS;
  while (existsSync(note)) {
    const [pidLine, , , portLine] = readFileSync(note, 'utf8').split('\n');
    const [pid, port] = [Number(pidLine), Number(portLine)];
    if (!isAlive(pid)) return undefined;
    if (!worksIn(pid, cluster.folder)) {
      rmSync(note, { force: true });
      return undefined;
    }
    const url = urlOf(port, password);
    if (port > 0 && (await answers(url, cluster.folder))) {
      const owner = readState(cluster.dataDir)?.owner ?? 0;
      return { ...takeUp({ name: NAME, pid, owner, stopSignal: STOP_SIGNAL }), port, url };
    }
    if (Date.now() > deadline) throw new Error(`${NAME} of this folder runs (process ${pid}) and does not answer.`);
    await wait(POLL_MS);
  }
  return undefined;
}

/** Linux tells where a process works; elsewhere the note is believed. */
function worksIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

async function answers(url: string, folder: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  // Without a listener, a connection that the server ends would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const shown = await client.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
    return shown.rows[0]?.folder === folder;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(port: number, password: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}
