import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { initdbArguments } from './postgres-settings.js';
import { canEnter, type User } from './server.user.js';

const INITDB_LIMIT_MS = 120_000;

/** Where data go that root asked for in a folder that `nobody` cannot enter. */
const OUTSIDE = '/var/lib/hub-export';

/** Where the files of one database cluster lie. */
export interface Cluster {
  /** What the caller named; notes beside it carry its name. */
  readonly dataDir: string;
  /** Where PostgreSQL keeps its files: `dataDir`, or a folder outside where the server's user cannot enter there. */
  readonly folder: string;
  readonly user: User | undefined;
  readonly durable: boolean;
}

/** Settles where the files lie, and makes the folder around them. */
export async function locateCluster(dataDir: string, user: User | undefined, durable: boolean): Promise<Cluster> {
  const parent = dirname(dataDir);
  await mkdir(parent, { recursive: true });
  const inside = user === undefined || canEnter(parent, user);
  return { dataDir, folder: inside ? dataDir : await folderOutside(dataDir), user, durable };
}

/** The environment of PostgreSQL's programs: nothing of ours but the path, so that no PG variable leads astray. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Makes the cluster with `initdb` where there is none yet.
 *
 * @returns the password of the superuser `postgres`, kept in `<dataDir>.password`, readable to its owner alone.
 * @throws Error when the cluster is there and its password is not, or when `initdb` fails.
 */
export async function ensureCluster(cluster: Cluster, bin: string): Promise<string> {
  const passwordFile = `${cluster.dataDir}.password`;
  const isMade = existsSync(join(cluster.folder, 'PG_VERSION'));
  if (isMade && !existsSync(passwordFile)) {
    throw new Error('The data of PostgreSQL are there, but the file with their password, beside the folder, is gone.');
  }
  const password = await ensurePassword(passwordFile);
  if (!isMade) await initialize(cluster, bin, password);
  return password;
}

async function ensurePassword(file: string): Promise<string> {
  try {
    await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}

/** Made aside and moved into place at the end, so that an initdb cut short leaves no half cluster. */
async function initialize({ folder, user, durable }: Cluster, bin: string, password: string): Promise<void> {
  const aside = await mkdtemp(`${folder}.making-`);
  const passwordFile = `${aside}.password`;
  try {
    await chmod(aside, 0o700);
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user) {
      await chown(aside, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    await promisify(execFile)(join(bin, 'initdb'), initdbArguments({ dataFolder: aside, passwordFile, durable }), {
      cwd: aside,
      env: postgresEnvironment(),
      timeout: INITDB_LIMIT_MS,
      ...user,
    });
    await rename(aside, folder);
  } catch (cause) {
    // Another start may have been faster; its cluster has the same password.
    if (existsSync(join(folder, 'PG_VERSION'))) return;
    throw new Error(`initdb failed: ${(cause as { stderr?: string }).stderr ?? String(cause)}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(aside, { recursive: true, force: true });
  }
}

async function folderOutside(dataDir: string): Promise<string> {
  const note = `${dataDir}.location`;
  const known = existsSync(note) ? (await readFile(note, 'utf8')).trim() : '';
  if (known && existsSync(known)) return join(known, 'postgres');
  await mkdir(OUTSIDE, { recursive: true, mode: 0o755 });
  const home = await mkdtemp(join(OUTSIDE, 'data-'));
  await chmod(home, 0o755);
  await writeFile(note, `${home}\n`);
  return join(home, 'postgres');
}
