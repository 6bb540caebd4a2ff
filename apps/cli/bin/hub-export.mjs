#!/usr/bin/env node
/** `npx hub-export …` in the clone, with whatever Node the machine has: an old one hands over to the one that came with us. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [22, 19];
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const ownNode = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));

const [major, minor] = process.versions.node.split('.').map(Number);
const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);

if (!existsSync(main)) fail('hub-export is not built yet: run "npm run build" first.');
else if (isNewEnough) await import(main);
else if (existsSync(ownNode)) handOver();
else fail(`Node ${OLDEST_NODE.join('.')} or later is needed; this is ${process.versions.node}.`);

function handOver() {
  const child = spawn(ownNode, ['--enable-source-maps', main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C reaches all processes of a terminal by itself.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('error', (error) => fail(error.message));
  child.once('exit', (code, signal) => (process.exitCode = code ?? 128 + constants.signals[signal]));
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
