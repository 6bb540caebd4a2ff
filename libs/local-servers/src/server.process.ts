import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { User } from './server.user.js';

/** A server that has this long to stop in order is killed after it. */
export const STOP_LIMIT_MS = 10_000;

const LOG_MAX_BYTES = 5 * 1024 * 1024;
const LOG_TAIL_BYTES = 8192;
const LOG_TAIL_LINES = 15;
const POLL_MS = 50;

/** A server process on loopback that belongs to this process. */
export interface LocalServer {
  readonly name: string;
  readonly pid: number;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Resolves when the process has ended: with its exit code, or with null where a signal ended it. Never rejects. */
  readonly exited: Promise<number | null>;
  /**
   * Stops in order, by force after `STOP_LIMIT_MS`. Does nothing to a server that ended, nor to one that was found
   * running and still belongs to another living process.
   */
  stop(): Promise<void>;
  /** Ends the process at once (SIGKILL), as a crash would. */
  kill(): Promise<void>;
}

/** A process as the launcher sees it, before its port is known to answer. */
export type ServerProcess = Omit<LocalServer, 'port'>;

export interface ProcessPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Who it runs as; undefined is the user of this process. */
  readonly user: User | undefined;
  /** Where its output goes; set aside at the start once it has grown beyond 5 MiB. */
  readonly logFile: string;
  /** The signal that asks it to stop in order. */
  readonly stopSignal: NodeJS.Signals;
}

/**
 * Starts a process in a session of its own, so that Ctrl-C in a terminal reaches its owner alone, who then decides on
 * the order in which things stop. It does not keep this process alive, and does not outlive it.
 */
export async function startProcess(plan: ProcessPlan): Promise<ServerProcess> {
  const log = openLog(plan.logFile);
  const child = spawn(plan.command, plan.args, {
    cwd: plan.cwd,
    env: plan.env,
    stdio: ['ignore', log, log],
    detached: true,
    ...plan.user,
  });
  closeSync(log);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await once(child, 'spawn');
  child.unref();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${plan.name} did not start.`);
  return owned({ name: plan.name, pid, exited, stopSignal: plan.stopSignal });
}

/**
 * Takes up a server of an earlier run that was found running. It is left alone by `stop()` as long as the process that
 * started it lives; an orphan becomes ours.
 */
export function takeUp(found: { name: string; pid: number; owner: number; stopSignal: NodeJS.Signals }): ServerProcess {
  const exited = watchFor(found.pid);
  if (found.owner === process.pid || !isAlive(found.owner)) return owned({ ...found, exited });
  return {
    name: found.name,
    pid: found.pid,
    exited,
    stop: () => Promise.resolve(),
    kill: () => killNow(found.pid, exited),
  };
}

/** Whether a process of that number exists, of whatever user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The last lines a server wrote, for the error that says why it did not start. */
export function logTail(logFile: string): string {
  const text = readFileSync(logFile).subarray(-LOG_TAIL_BYTES).toString('utf8').trimEnd();
  return text.split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

function owned(server: {
  name: string;
  pid: number;
  exited: Promise<number | null>;
  stopSignal: NodeJS.Signals;
}): ServerProcess {
  const { name, pid, exited, stopSignal } = server;
  const dismissGuard = guard(pid, stopSignal);
  void exited.then(dismissGuard);
  let ended = false;
  void exited.then(() => (ended = true));
  return {
    name,
    pid,
    exited,
    async stop() {
      if (ended) return;
      signal(pid, stopSignal);
      const inOrder = exited.then(() => true);
      const limit = new AbortController();
      const tooLate = wait(STOP_LIMIT_MS, false, { signal: limit.signal }).catch(() => false);
      if (!(await Promise.race([inOrder, tooLate]))) await killNow(pid, exited);
      limit.abort();
    },
    async kill() {
      if (!ended) await killNow(pid, exited);
    },
  };
}

/**
 * A process can be killed without a chance to clean up, so the cleaning is left to a shell that waits for the end of a
 * pipe only we hold: it closes with us, however we end.
 */
const GUARD = `
read -r _
kill -s "$2" "$1" 2>/dev/null || exit 0
tries=0
while [ "$tries" -lt 50 ]; do
  kill -0 "$1" 2>/dev/null || exit 0
  sleep 0.2
  tries=$((tries + 1))
done
kill -s KILL "$1" 2>/dev/null`;

function guard(pid: number, stopSignal: NodeJS.Signals): () => void {
  const shell = spawn('/bin/sh', ['-c', GUARD, 'guard', String(pid), stopSignal.slice('SIG'.length)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  (shell.stdin as Socket).unref();
  return () => shell.kill('SIGKILL');
}

async function killNow(pid: number, exited: Promise<number | null>): Promise<void> {
  signal(pid, 'SIGKILL');
  // The server itself does not keep this process alive, so that waiting for its end needs something that does.
  const alive = setInterval(() => undefined, STOP_LIMIT_MS);
  await exited;
  clearInterval(alive);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The end of a process that is not our child cannot be awaited, only looked for; its exit code stays unknown. */
function watchFor(pid: number): Promise<null> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve(null);
    }, POLL_MS);
    timer.unref();
  });
}

function openLog(logFile: string): number {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_MAX_BYTES) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a', 0o600);
}
