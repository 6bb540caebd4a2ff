import { setTimeout as wait } from 'node:timers/promises';
import { freePort, isFree } from './port.server.js';
import { logTail, type ProcessPlan, type ServerProcess, startProcess } from './server.process.js';

/** A start that is not ready after this time has failed. Recovery after a crash is part of it. */
export const READY_LIMIT_MS = 60_000;

const ATTEMPTS_MAX = 20;
const POLL_MS = 20;
const AGAIN_AFTER_MS = 250;

export interface Launch {
  readonly name: string;
  readonly logFile: string;
  /** 0 takes the port of the last run where it is free, else any. */
  readonly port: number;
  readonly lastPort: number | undefined;
  plan(port: number): Promise<ProcessPlan>;
  /** Whether the server on that port answers, and is this one. */
  isReady(port: number): Promise<boolean>;
}

/**
 * Starts a server and waits until it answers. A port that was taken in between is chosen anew; what a killed run
 * left in shared memory is waited for.
 *
 * @throws Error with the last lines of the server's log, when it ends or does not answer in time.
 */
export async function launch(what: Launch): Promise<ServerProcess & { readonly port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort(what.port, attempt === 1 ? what.lastPort : undefined);
    const server = await startProcess(await what.plan(port));
    const outcome = await ready(server, () => what.isReady(port));
    if (outcome === 'ready') return { ...server, port };
    await server.kill();
    const log = logTail(what.logFile);
    if (outcome === 'ended' && attempt < ATTEMPTS_MAX && mayPass(log, what.port)) {
      await wait(AGAIN_AFTER_MS);
      continue;
    }
    const reason = outcome === 'ended' ? 'ended at its start' : `did not answer within ${READY_LIMIT_MS / 1000} s`;
    throw new Error(`${what.name} ${reason}. The last lines of its log:\n${log}`);
  }
}

async function choosePort(wanted: number, last: number | undefined): Promise<number> {
  if (wanted !== 0) return wanted;
  return last !== undefined && (await isFree(last)) ? last : freePort();
}

async function ready(server: ServerProcess, isReady: () => Promise<boolean>): Promise<'ready' | 'ended' | 'silent'> {
  const deadline = Date.now() + READY_LIMIT_MS;
  let ended = false;
  void server.exited.then(() => (ended = true));
  while (Date.now() < deadline) {
    if (await isReady()) return 'ready';
    if (ended) return 'ended';
    await wait(POLL_MS);
  }
  return 'silent';
}

function mayPass(log: string, wantedPort: number): boolean {
  const lastLines = log.split('\n').slice(-6).join('\n');
  if (/pre-existing shared memory block|lock file .* already exists/.test(lastLines)) return true;
  return wantedPort === 0 && /address already in use/i.test(lastLines);
}
