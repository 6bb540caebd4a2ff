import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Held by one process of this machine. A lock is a local socket that listens: it is gone with its process, however
 * that ends, so none is ever left behind.
 */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Held by the one process that runs the site of a folder; null where another holds it.
 * @param folder an existing folder
 */
export function lockSite(folder: string): Promise<Lock | null> {
  return lock(siteName(folder));
}

/** Whether some process runs the site of this folder. */
export function isSiteRunning(folder: string): Promise<boolean> {
  return answers(addressOf(siteName(folder)));
}

/**
 * Keeps a port for one site, since there is a while between choosing it and the service that listens on it. Null where
 * another site keeps it.
 */
export function lockPort(port: number): Promise<Lock | null> {
  return lock(`port ${port}`);
}

function siteName(folder: string): string {
  return `site ${realpathSync(folder)}`;
}

async function lock(name: string): Promise<Lock | null> {
  const address = addressOf(name);
  const held = await listen(address);
  if (held !== null || address.startsWith('\0') || (await answers(address))) return held;
  // A socket that is a file outlives its process.
  rmSync(address, { force: true });
  return listen(address);
}

/** Linux has addresses that are no files. */
function addressOf(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return process.platform === 'linux' ? `\0hub-export-${digest}` : join(tmpdir(), `hub-export-${digest}.sock`);
}

async function listen(address: string): Promise<Lock | null> {
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
