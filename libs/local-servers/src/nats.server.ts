import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { launch } from './launch.server.js';
import { natsConfig } from './nats-settings.js';
import { type FindOptions, findNatsServer } from './nats.binary.js';
import { freePort } from './port.server.js';
import { readState, writeState } from './server-state.file.js';
import { isAlive, type LocalServer, takeUp } from './server.process.js';

const NAME = 'nats-server';
const ANSWER_LIMIT_MS = 2_000;
const STOP_SIGNAL = 'SIGTERM';

export interface NatsOptions extends FindOptions {
  /** Folder of the streams and the configuration file. Beside it lie `.log` and `.server.json` of the same name. */
  readonly storeDir: string;
  /** @default 0, the port of the last run where it is free, else any free one */
  readonly port?: number;
  /** Whether every message is on the disk before it is acknowledged; has no effect on a server before 2.10. */
  readonly syncAlways: boolean;
}

export interface NatsServer extends LocalServer {
  readonly url: string;
  /** The server's own HTTP pages: /varz, /jsz, /healthz. */
  readonly monitorUrl: string;
}

/**
 * Starts a real nats-server with JetStream on 127.0.0.1, as the user of this process, and resolves when its streams are
 * there again. A server of the same folder that still runs is taken up instead of started twice.
 *
 * @throws Error with the last lines of its log when it does not start, or when no nats-server can be found.
 */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const storeDir = resolve(options.storeDir);
  return (await findRunning(storeDir)) ?? start(storeDir, options);
}

async function start(storeDir: string, options: NatsOptions): Promise<NatsServer> {
  const binary = await findNatsServer(options);
  await mkdir(storeDir, { recursive: true, mode: 0o700 });
  const configFile = join(storeDir, 'nats-server.conf');
  const logFile = `${storeDir}.log`;
  let monitorPort = 0;
  const server = await launch({
    name: NAME,
    logFile,
    port: options.port ?? 0,
    lastPort: readState(storeDir)?.port,
    plan: async (port) => {
      monitorPort = await freePort();
      const { syncAlways } = options;
      const config = natsConfig({ port, monitorPort, store: streams(storeDir), syncAlways, version: binary.version });
      await writeFile(configFile, config, { mode: 0o600 });
      return {
        name: NAME,
        command: binary.path,
        args: ['-c', configFile],
        cwd: storeDir,
        env: { PATH: process.env['PATH'] ?? '' },
        user: undefined,
        logFile,
        stopSignal: STOP_SIGNAL,
      };
    },
    isReady: () => answers(monitorPort, storeDir),
  });
  writeState(storeDir, { pid: server.pid, owner: process.pid, port: server.port, monitorPort });
  return { ...server, ...urls(server.port, monitorPort) };
}

/** Two servers on one store would spoil it, and nats-server itself does not look. */
async function findRunning(storeDir: string): Promise<NatsServer | undefined> {
  const state = readState(storeDir);
  if (state?.monitorPort === undefined || !isAlive(state.pid)) return undefined;
  if (!(await answers(state.monitorPort, storeDir))) return undefined;
  const server = takeUp({ name: NAME, pid: state.pid, owner: state.owner, stopSignal: STOP_SIGNAL });
  return { ...server, port: state.port, ...urls(state.port, state.monitorPort) };
}

/** Whether the server on that port is healthy, and keeps its streams in that folder. */
async function answers(monitorPort: number, storeDir: string): Promise<boolean> {
  const { monitorUrl } = urls(0, monitorPort);
  try {
    const healthy = await fetch(`${monitorUrl}/healthz`, request());
    await healthy.arrayBuffer();
    if (!healthy.ok) return false;
    const shown = (await (await fetch(`${monitorUrl}/jsz`, request())).json()) as { config?: { store_dir?: string } };
    // The server adds a folder of its own below the one it was given.
    return shown.config?.store_dir?.startsWith(streams(storeDir)) ?? false;
  } catch {
    return false;
  }
}

function request(): RequestInit {
  return { signal: AbortSignal.timeout(ANSWER_LIMIT_MS), headers: { connection: 'close' } };
}

function streams(storeDir: string): string {
  return join(storeDir, 'streams');
}

function urls(port: number, monitorPort: number): { url: string; monitorUrl: string } {
  return { url: `nats://127.0.0.1:${port}`, monitorUrl: `http://127.0.0.1:${monitorPort}` };
}
