import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which operating systems give ports away by themselves. */
const LOWEST = 20_000;
const BEYOND = 30_000;
const TRIES_MAX = 100;

/**
 * A port on 127.0.0.1 that nobody listened on a moment ago. A server that was killed finds it free again, since nobody
 * is given it by chance meanwhile; but another process that asks here may be told the same.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES_MAX; tried += 1) {
    const port = randomInt(LOWEST, BEYOND);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port on 127.0.0.1 from ${LOWEST} to ${BEYOND}.`);
}

/** Whether nobody listens on a port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
