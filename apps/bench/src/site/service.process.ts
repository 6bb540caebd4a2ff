import { SERVICE_NODE_ENVIRONMENT, SERVICE_NODE_OPTIONS } from '@hub-export/local-servers';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CHILD_ENVIRONMENT, ROOT } from '../config.js';

export type ServiceName = 'marking-service' | 'transfer-service' | 'audit-service';

export type Variables = Readonly<Record<string, string>>;

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** A service as operations run it: a process of its own. */
export interface ServiceProcess {
  readonly pid: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a service and resolves when it says that it is ready.
 * @throws with the last lines of its log where it ends, or is not ready within a minute
 */
export async function startService(
  name: ServiceName,
  port: number,
  variables: Variables,
  logFile: string,
  profiles?: string,
): Promise<ServiceProcess> {
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const { child, stop } = startProgram(
    program(name, 'main'),
    { ...SERVICE_NODE_ENVIRONMENT, ...variables, PORT: String(port) },
    logFile,
    [...SERVICE_NODE_OPTIONS, ...profiling],
  );
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + READY_LIMIT_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`${name} does not get ready: ${readFileSync(logFile, 'utf8').slice(-500)}`);
    }
    await wait(LOOK_EVERY_MS);
  }
  return { pid: child.pid ?? 0, url, stop };
}

/** Brings a service's schema up, as a deployment does before it starts the service. */
export async function migrate(name: ServiceName, ownerUrl: string): Promise<void> {
  const child = spawn(process.execPath, [program(name, 'migrate')], {
    env: { ...CHILD_ENVIRONMENT, NODE_ENV: 'development', MIGRATION_DATABASE_URL: ownerUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The migration of ${name} ended with ${code}.`);
}

/** A program of the workspace with exactly these variables; what it prints goes to the log file. */
export function startProgram(
  path: string,
  variables: Variables,
  logFile: string,
  nodeArguments: readonly string[] = [],
): { readonly child: ChildProcess; readonly stop: () => Promise<void> } {
  if (!existsSync(path)) throw new Error('The services are not built: run "npm run build" first.');
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...nodeArguments, path], {
    env: { ...CHILD_ENVIRONMENT, ...variables },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  return {
    child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      // Node itself now and then waits for ever for one of its own threads when a process exits.
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(limit);
    },
  };
}

export function program(app: string, file: 'main' | 'migrate'): string {
  return join(ROOT, 'apps', app, 'dist', `${file}.js`);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).status === 200;
  } catch {
    return false;
  }
}
