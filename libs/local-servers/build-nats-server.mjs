/**
 * Compiles nats-server with the Go of this machine: `node build-nats-server.mjs <folder>` leaves `<folder>/nats-server`.
 *
 * A file of its own and without any dependency, since two callers need it at different times: the library when it finds
 * no other server, and the start-up script while the dependencies are still being installed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const MODULE = 'github.com/nats-io/nats-server/v2@v2.14.8';
const BUILD_LIMIT_MS = 600_000;

async function build(folder) {
  const wanted = join(folder, 'nats-server');
  if (existsSync(wanted)) return 0;
  mkdirSync(folder, { recursive: true });
  // Compiled aside and moved into place at the end: two builds at once, or one that is cut short, leave no half file.
  const aside = mkdtempSync(join(folder, 'building-'));
  try {
    const code = await goInstall(aside);
    if (code === 0) renameSync(join(aside, 'nats-server'), wanted);
    return code;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function goInstall(folder) {
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0' };
  const go = spawn('go', ['install', '-trimpath', MODULE], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  // Go ends its compilers on SIGINT.
  const interrupt = () => go.kill('SIGINT');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, interrupt);
  const limit = setTimeout(interrupt, BUILD_LIMIT_MS);
  return new Promise((resolve, reject) => {
    go.once('error', reject);
    go.once('close', (code) => resolve(code ?? 1));
  }).finally(() => clearTimeout(limit));
}

const folder = process.argv[2];
if (folder) {
  process.exitCode = await build(folder);
} else {
  console.error('Usage: node build-nats-server.mjs <folder>');
  process.exitCode = 2;
}
