import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAtLeast, type NatsVersion, parseNatsVersion } from './nats-version.js';

const PROGRAM = 'nats-server';
/** `src` and `dist` lie at the same height, so these hold for both. */
const BUILD_SCRIPT = fileURLToPath(new URL('../build-nats-server.mjs', import.meta.url));
const CACHE_FOLDER = fileURLToPath(new URL('../../../.data/bin', import.meta.url));
const GO_LIMIT_MS = 600_000;
const APT_LIMIT_MS = 60_000;
const HEARTBEAT_MS = 15_000;

export interface NatsServerBinary {
  readonly path: string;
  readonly version: NatsVersion;
}

export interface FindOptions {
  /** Where a server is kept that was built or unpacked here. @default `.data/bin` of the workspace */
  readonly cacheFolder?: string;
  /** Told what is going on, in a line. */
  readonly onProgress?: (text: string) => void;
}

/**
 * Finds a nats-server, or gets one without root and without Docker. In this order: `NATS_SERVER_BIN`; the one on PATH
 * from 2.10 on; the one kept from an earlier time; the one on PATH from 2.9 on; built with Go; unpacked from the Debian
 * package of this machine's own sources.
 *
 * @throws Error that says what to do when none of it works, or when NATS_SERVER_BIN names no usable server.
 */
export async function findNatsServer(options: FindOptions = {}): Promise<NatsServerBinary> {
  const named = process.env['NATS_SERVER_BIN'];
  if (named) {
    const server = inspect(named);
    if (server) return server;
    throw new Error('NATS_SERVER_BIN does not name a nats-server of version 2.9 or later that runs here.');
  }
  const cacheFolder = options.cacheFolder ?? CACHE_FOLDER;
  const kept = join(cacheFolder, PROGRAM);
  const onPath = onThePath();
  if (onPath && isAtLeast(onPath.version, 2, 10)) return onPath;
  return inspect(kept) ?? onPath ?? (await obtain(cacheFolder, kept, options.onProgress ?? (() => undefined)));
}

async function obtain(cacheFolder: string, kept: string, tell: (text: string) => void): Promise<NatsServerBinary> {
  await mkdir(cacheFolder, { recursive: true });
  const reasons: string[] = [];
  for (const way of [buildWithGo, unpackDebianPackage]) {
    const reason = await way(cacheFolder, kept, tell);
    const server = inspect(kept);
    if (server) return server;
    reasons.push(`- ${reason ?? 'what was obtained is no nats-server of version 2.9 or later'}`);
  }
  throw new Error(
    [
      'There is no nats-server here, and none could be obtained:',
      ...reasons,
      'Install nats-server 2.10 or later (or Go, and start again), or set NATS_SERVER_BIN to its file.',
    ].join('\n'),
  );
}

/** Says why not, where it fails. */
async function buildWithGo(folder: string, _kept: string, tell: (text: string) => void): Promise<string | undefined> {
  if (!works('go', 'version')) return 'Go is not installed';
  tell('Building nats-server with Go, once (about a minute)');
  const { code, output } = await run(process.execPath, [BUILD_SCRIPT, folder], folder, GO_LIMIT_MS, tell);
  return code === 0 ? undefined : `Go could not build it: ${lastLine(output)}`;
}

async function unpackDebianPackage(
  folder: string,
  kept: string,
  tell: (text: string) => void,
): Promise<string | undefined> {
  if (!works('apt-get', '--version') || !works('dpkg', '--version')) {
    return 'this is no Debian, so its package cannot be unpacked';
  }
  tell('Fetching nats-server from the package sources of this machine');
  const aside = await mkdtemp(join(folder, 'unpacking-'));
  try {
    const fetched = await run('apt-get', ['download', PROGRAM], aside, APT_LIMIT_MS, tell);
    const file = (await readdir(aside)).find((name) => name.endsWith('.deb'));
    if (!file) return `apt-get could not download it: ${lastLine(fetched.output)}`;
    const unpacked = await run('dpkg', ['-x', file, aside], aside, APT_LIMIT_MS, tell);
    const found = ['usr/bin', 'usr/sbin'].map((bin) => join(aside, bin, PROGRAM)).find((path) => existsSync(path));
    if (!found) return `dpkg could not unpack it: ${lastLine(unpacked.output)}`;
    await rename(found, kept);
    return undefined;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

function onThePath(): NatsServerBinary | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const server = inspect(join(folder, PROGRAM));
    if (server) return server;
  }
  return undefined;
}

function works(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { env: process.env }).status === 0;
}

/** A file that runs and says it is a nats-server of a version that we know how to use. */
function inspect(path: string): NatsServerBinary | undefined {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return undefined;
  }
  const version = parseNatsVersion(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '');
  return version && isAtLeast(version, 2, 9) ? { path, version } : undefined;
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program in a folder, tells every 15 s that it goes on, and ends it after the limit. */
async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  limitMs: number,
  tell: (text: string) => void,
): Promise<Outcome> {
  const started = Date.now();
  const child = spawn(program, args, { cwd, env: process.env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4096)));
  }
  const heartbeat = setInterval(
    () => tell(`… still at it after ${Math.round((Date.now() - started) / 1000)} s`),
    HEARTBEAT_MS,
  );
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  } finally {
    clearInterval(heartbeat);
  }
}

function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}
