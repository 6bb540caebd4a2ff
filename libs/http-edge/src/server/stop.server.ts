import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { Log } from '../log/log.service.js';
import type { HttpEdge } from './http-edge.module.js';

/** Requests at work have this long to finish once the service stops. */
export const DRAIN_TIMEOUT_MS = 10_000;
/** The whole stop, its parts included, takes at most this long. */
export const STOP_TIMEOUT_MS = 30_000;
const IDLE_SWEEP_MS = 50;

/** Stops accepting, lets requests at work finish within the limit, cuts off what is left, then closes the app's parts. */
export async function stopHttpApp(
  app: INestApplication,
  { stopping }: Pick<HttpEdge, 'stopping'>,
  drainTimeoutMs: number = DRAIN_TIMEOUT_MS,
): Promise<void> {
  const server = app.getHttpServer() as Server;
  stopping.abort();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that has just answered would be kept for its next request.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
  await app.close();
}

/** What of the process is needed to stop it. */
export interface Host {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: string) => void): unknown;
  exit(code: number): void;
}

/** The first signal stops in order; a second one, a failure or the end of the time ends the process at once. */
export function stopOnSignal(stop: () => Promise<void>, log: Log, host: Host = process): void {
  let stopping = false;
  const onSignal = (signal: string): void => {
    log.info({ event: stopping ? 'stopping_at_once' : 'stopping', signal });
    if (stopping) return host.exit(1);
    stopping = true;
    setTimeout(() => host.exit(1), STOP_TIMEOUT_MS).unref();
    stop().then(
      () => host.exit(0),
      () => host.exit(1),
    );
  };
  host.on('SIGTERM', onSignal);
  host.on('SIGINT', onSignal);
}
