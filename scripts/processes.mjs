import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const LOGS = join(ROOT, '.data', 'logs');
const SHOWN_LINES = 120;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a program in sight of the user. Resolves with its exit code; 128 + n where signal n ended it. */
export function run(program, args, options = {}) {
  return exitCodeOf(spawn(program, args, { cwd: ROOT, stdio: 'inherit', ...options }));
}

/**
 * Runs a program out of sight, with a line that tells what goes on and for how long. What it prints goes to
 * `.data/logs/<name>.log`, and is shown only where it fails.
 */
export async function runQuietly(name, text, program, args, options = {}) {
  mkdirSync(LOGS, { recursive: true });
  const logFile = join(LOGS, `${name}.log`);
  const log = openSync(logFile, 'w');
  const finish = announce(text);
  const code = await run(program, args, { stdio: ['ignore', log, log], ...options });
  closeSync(log);
  finish(code === 0 ? 'done' : 'failed');
  if (code !== 0) {
    console.error(readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-SHOWN_LINES).join('\n'));
    console.error(`The whole of it: ${logFile}`);
  }
  return code;
}

/**
 * Says that a piece of work begins, and returns what says how it ended and after how many seconds. On a terminal, a
 * last line counts the seconds of all that goes on.
 */
function announce(text) {
  const started = Date.now();
  const work = { text, seconds: () => `${Math.round((Date.now() - started) / 1000)} s` };
  if (process.stdout.isTTY) goingOn.add(work);
  else console.log(`${text} …`);
  draw();
  const timer = setInterval(draw, 1000);
  return (outcome) => {
    clearInterval(timer);
    goingOn.delete(work);
    console.log(`${process.stdout.isTTY ? CLEAR_LINE : ''}${text}: ${outcome} after ${work.seconds()}`);
    draw();
  };
}

const goingOn = new Set();
const CLEAR_LINE = '\r\u001b[K';

function draw() {
  if (goingOn.size === 0) return;
  const line = [...goingOn].map(({ text, seconds }) => `${text} … ${seconds()}`).join(' | ');
  process.stdout.write(`${CLEAR_LINE}${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}

function exitCodeOf(child) {
  return new Promise((resolve, reject) => {
    const forwarders = FORWARDED.map((name) => {
      const forward = () => {
        // Ctrl-C reaches all processes of a terminal by itself; told twice, a service would stop at once.
        if (name === 'SIGINT' && process.stdin.isTTY) return;
        child.kill(name);
      };
      process.on(name, forward);
      return [name, forward];
    });
    const done = () => forwarders.forEach(([name, forward]) => process.off(name, forward));
    child.once('error', (error) => (done(), reject(error)));
    child.once('close', (code, signal) => (done(), resolve(code ?? 128 + constants.signals[signal])));
  });
}
