import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { ROOT, runQuietly } from './processes.mjs';

const STAMP = join(ROOT, 'node_modules', '.hub-export-lock');
const OLDEST_NODE = [22, 19];

/** Brings node_modules in line with package-lock.json where it is not. Install scripts are not run: none is needed. */
export async function install() {
  const wanted = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return 0;
  const code = await runQuietly('npm-ci', 'Installing the dependencies', ...npm('ci', '--ignore-scripts'));
  if (code === 0) writeFileSync(STAMP, wanted);
  return code;
}

/**
 * Settles the Node for all that follows and puts it first on PATH, with our own tools after it: the one among our
 * dependencies, else the machine's own where it is new enough.
 *
 * @throws Error that says which is needed.
 */
export function useNode() {
  const tools = join(ROOT, 'node_modules', '.bin');
  const node = [join(tools, 'node'), process.execPath].find(isNewEnough);
  if (!node) throw new Error(`Node ${OLDEST_NODE.join('.')} or later is needed; none comes with us for this platform.`);
  process.env.PATH = [dirname(node), tools, process.env.PATH].join(delimiter);
}

function isNewEnough(node) {
  const printed = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const [major, minor] = printed.replace('v', '').split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/**
 * Begins to compile nats-server where it will be needed and Go can do it, so that it runs beside the installation.
 * What comes of it is found by libs/local-servers, which has further ways where this one fails.
 */
export function prepareNatsServer() {
  const cache = join(ROOT, '.data', 'bin');
  const isThere = process.env.NATS_SERVER_BIN || process.env.NATS_URL || onPath('nats-server');
  if (isThere || existsSync(join(cache, 'nats-server')) || !onPath('go')) return { finished: async () => undefined };
  const script = join(ROOT, 'libs', 'local-servers', 'build-nats-server.mjs');
  const text = 'Building nats-server with Go, once, meanwhile';
  const building = runQuietly('nats-server', text, process.execPath, [script, cache]);
  return { finished: () => building };
}

function npm(...args) {
  const cli = process.env.npm_execpath;
  return cli && basename(cli) === 'npm-cli.js' ? [process.execPath, [cli, ...args]] : ['npm', args];
}

/** Another lock or another kind of machine asks for another installation. */
function fingerprint() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, program)));
}
