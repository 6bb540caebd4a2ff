import { execFileSync, spawnSync } from 'node:child_process';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Whom a server runs as that refuses to run as root: `nobody` for root, else undefined, the user of this process. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** Whether that user can work below a folder: root's own home, for one, is closed to `nobody`. */
export function canEnter(folder: string, user: User): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { cwd: '/', stdio: 'ignore', ...user }).status === 0;
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
}
