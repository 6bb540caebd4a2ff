import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { isBelow } from './secret-reference.js';

/** Certificates, keys and secrets are small; a larger file is none of them. */
const MATERIAL_BYTES_MAX = 256 * 1024;

/** A file as it was read, with what tells that it changed. */
export interface WatchedFile {
  readonly path: string;
  readonly content: Buffer;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  readonly stamp: string;
  /** It had been left alone for a while when it was read, so that any later change shows in its stamp. */
  readonly isSettled: boolean;
}

/** Within the grain of a file system's clock two changes may leave one stamp, in milliseconds. */
const SETTLED_AFTER_MS = 1_000;

/** Authentication material could not be read; which file it was stays out of the message. */
export class MaterialUnreadable extends Error {
  override readonly name = 'MaterialUnreadable';

  constructor(
    /** The place in the list of paths that was asked for. */
    readonly index: number,
    options?: ErrorOptions,
  ) {
    super('A certificate, key or secret cannot be read.', options);
  }
}

/** @throws {MaterialUnreadable} */
export function readWatched(paths: readonly string[]): Promise<readonly WatchedFile[]> {
  return Promise.all(paths.map((path, index) => readOne(path, index)));
}

/** Whether a file lies below a folder once every link is followed. */
export async function leadsBelow(path: string, folder: string): Promise<boolean> {
  try {
    const [file, root] = await Promise.all([realpath(path), realpath(folder)]);
    return isBelow(file, root);
  } catch {
    return false;
  }
}

/** Whether the files are the very ones that were read. */
export async function sameFiles(files: readonly WatchedFile[], paths: readonly string[]): Promise<boolean> {
  if (files.length !== paths.length) return false;
  const stamps = await Promise.all(paths.map((path) => stampOf(path)));
  return files.every(({ path, stamp }, index) => path === paths[index] && stamp === stamps[index]);
}

async function readOne(path: string, index: number): Promise<WatchedFile> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat({ bigint: true });
      if (!stats.isFile() || stats.size > MATERIAL_BYTES_MAX) throw new MaterialUnreadable(index);
      const isSettled = Date.now() - Number(stats.ctimeNs / 1_000_000n) > SETTLED_AFTER_MS;
      const mode = Number(stats.mode & 0o777n);
      return { path, content: await file.readFile(), mode, stamp: stampText(stats), isSettled };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof MaterialUnreadable ? error : new MaterialUnreadable(index, { cause: error });
  }
}

async function stampOf(path: string): Promise<string | null> {
  try {
    return stampText(await stat(path, { bigint: true }));
  } catch {
    return null;
  }
}

function stampText({
  dev,
  ino,
  size,
  mtimeNs,
  ctimeNs,
}: Record<'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs', bigint>): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}
