/**
 * Compiles nats-server with the Go of this machine: `node build-nats-server.mjs <folder>` leaves `<folder>/nats-server`.
 *
 * A file of its own and without any dependency, since two callers need it at different times: the library when it finds
 * no other server, and the start-up script while the dependencies are still being installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const MODULE = 'github.com/nats-io/nats-server/v2@v2.14.8';
const BUILD_LIMIT_MS = 600_000;

const folder = process.argv[2];
if (!folder) {
  console.error('Usage: node build-nats-server.mjs <folder>');
  process.exit(2);
}
const wanted = join(folder, 'nats-server');
if (existsSync(wanted)) process.exit(0);

mkdirSync(folder, { recursive: true });
// Compiled aside and moved into place at the end: two builds at once, or one that is cut short, leave no half file.
const aside = mkdtempSync(join(folder, 'building-'));
try {
  const build = spawnSync('go', ['install', '-trimpath', MODULE], {
    env: { ...process.env, GOBIN: aside, CGO_ENABLED: '0' },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: BUILD_LIMIT_MS,
  });
  if (build.status !== 0) {
    console.error(build.error ? `go could not be run: ${build.error.message}` : 'go install failed.');
    process.exitCode = 1;
  } else {
    renameSync(join(aside, 'nats-server'), wanted);
  }
} finally {
  rmSync(aside, { recursive: true, force: true });
}
