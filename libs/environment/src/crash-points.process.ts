import { renameSync, readFileSync } from 'node:fs';
import { ConfigurationError } from './configuration-error.js';
import type { Environment } from './variables.reader.js';

/** The variable that names the file of crash orders; for proofs only. */
export const CRASH_POINTS_VARIABLE = 'HUB_EXPORT_CRASH_POINTS_FILE';

let orders: string | null = null;
const passed = new Map<string, number>();

/**
 * Lets this process be killed or stopped at a named point, as a proof tells it by a file. Without the variable nothing
 * is armed, and a point costs one comparison.
 *
 * @throws ConfigurationError in production: there nobody may order a crash
 */
export function armCrashPoints(environment: Environment): void {
  const file = environment[CRASH_POINTS_VARIABLE]?.trim();
  if (!file) return;
  if (environment['NODE_ENV'] === 'production') {
    throw new ConfigurationError([{ variable: CRASH_POINTS_VARIABLE, expected: 'must not be set in production' }]);
  }
  orders = file;
}

/**
 * A point that a process may die at. The file holds `<point> <SIGKILL|SIGSTOP> <nth passing>`; whoever takes it away
 * first, of several processes that share it, gets the signal, once.
 */
export function crashPoint(name: string): void {
  if (orders === null) return;
  const order = readOrder(orders);
  if (order?.[0] !== name) return;
  const [, signal, nth] = order;
  const times = (passed.get(name) ?? 0) + 1;
  passed.set(name, times);
  if (times < Number(nth) || !claim(orders)) return;
  passed.clear();
  process.kill(process.pid, signal === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL');
  if (signal === 'SIGSTOP') return;
  // The signal is on its way; nothing more may be done meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

function readOrder(file: string): readonly string[] | null {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/);
  } catch {
    return null;
  }
}

function claim(file: string): boolean {
  try {
    renameSync(file, `${file}.done`);
    return true;
  } catch {
    return false;
  }
}
