import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Held by the one process that runs the site of a folder. */
export interface SiteLock {
  release(): Promise<void>;
}

/**
 * Null where another process runs the site of this folder. The lock is a local socket that listens: it is gone with
 * its process, however that ends, so none is ever left behind.
 * @param folder an existing folder
 */
export async function lockSite(folder: string): Promise<SiteLock | null> {
  const address = addressOf(realpathSync(folder));
  const lock = await listen(address);
  if (lock !== null || address.startsWith('\0') || (await answers(address))) return lock;
  // A socket that is a file outlives its process.
  rmSync(address, { force: true });
  return listen(address);
}

/** Whether some process runs the site of this folder. */
export async function isSiteRunning(folder: string): Promise<boolean> {
  return answers(addressOf(realpathSync(folder)));
}

/** Linux has addresses that are no files. */
function addressOf(folder: string): string {
  const name = `hub-export-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

async function listen(address: string): Promise<SiteLock | null> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null;
    throw error;
  }
  server.unref();
  return {
    async release() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function answers(address: string): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
