import type { X509Certificate } from 'node:crypto';
import { isIP, type NetConnectOpts, Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import { type Pins, requirePinned } from './hub-pin.js';
import { HubAddressBlocked, isBlocked, lookupUnblocked } from './hub-address.client.js';

/**
 * Connects to a hub: never to a blocked address, with the given certificates alone, to a pinned key where there are pins
 * (before a byte of a request), and so that a connection that ends
 * with an error is reset. What still lies in the machine's send buffer then stays here; closed in the ordinary way, it
 * would go on leaving the house for as long as the line takes.
 */
export function hubConnector(
  tls: Pick<ConnectionOptions, 'cert' | 'key' | 'ca'>,
  connectTimeoutMs: number,
  pins?: Pins,
): buildConnector.connector {
  const secure = buildConnector({
    ...tls,
    // A session that is taken up again shows no certificate that could be compared.
    ...(pins == null ? {} : { maxCachedSessions: 0 }),
    minVersion: 'TLSv1.2',
    timeout: connectTimeoutMs,
    // Whatever the environment says, an unknown or wrong certificate is never accepted.
    rejectUnauthorized: true,
    allowH2: false,
  });
  return (options, callback) => {
    openSocket({ host: bare(options.hostname), port: Number(options.port || 443) }, connectTimeoutMs).then(
      (socket) => {
        const fail = (error: Error) => {
          socket.destroy();
          callback(error, null);
        };
        const done: buildConnector.Callback = (error, secured) => {
          if (error !== null) return fail(error);
          try {
            if (pins != null) pinnedCertificate(secured as TLSSocket, pins);
          } catch (notPinned) {
            return fail(notPinned as Error);
          }
          resetOnError(secured, socket);
          return callback(null, secured);
        };
        try {
          secure({ ...options, httpSocket: socket }, done);
        } catch (unusable) {
          // A key that is not the certificate's is found out here; without a word the call would wait for ever.
          fail(unusable as Error);
        }
      },
      (error: unknown) => callback(error as Error, null),
    );
  };
}

/**
 * The hub's certificate, its key being pinned where there are pins. Once for each connection: Node gives it away.
 * @throws {HubCertificateNotPinned}
 */
export function pinnedCertificate(secured: TLSSocket, pins: Pins): X509Certificate | undefined {
  const certificate = secured.getPeerX509Certificate();
  requirePinned(certificate?.publicKey.export({ type: 'spki', format: 'der' }) ?? null, pins);
  return certificate;
}

/** An open TCP connection. @throws the error of the system, told as one of connecting */
export function openSocket({ host, port }: { host: string; port: number }, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (isIP(host) !== 0 && isBlocked(host)) return reject(new HubAddressBlocked());
    const socket = new Socket();
    const fail = (error: Error) => {
      socket.destroy();
      // Where several addresses were tried, the error of all of them does not say that it is one of connecting.
      reject(Object.assign(error, { syscall: 'connect' }));
    };
    const timer = setTimeout(
      () => fail(Object.assign(new Error('Connecting took too long.'), { code: 'UND_ERR_CONNECT_TIMEOUT' })),
      timeoutMs,
    );
    socket.once('error', fail);
    socket.once('close', () => clearTimeout(timer));
    const options: NetConnectOpts = { host, port, lookup: lookupUnblocked, autoSelectFamily: true, noDelay: true };
    socket.connect(options, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      // From here on what goes wrong is told by the connection on top of it.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/**
 * `resetAndDestroy` would first wait until everything is written, which is what must not be waited for. Its mark makes
 * Node reset the connection when it is destroyed; a Node that does not know the mark closes it in the ordinary way.
 */
function resetOnError(secured: Socket, socket: Socket): void {
  const destroy = secured.destroy.bind(secured);
  secured.destroy = (error?: Error) => {
    if (error !== undefined) Object.assign(socket, { resetAndClosing: true });
    return destroy(error);
  };
}

/** An IPv6 address stands in brackets in a URL alone. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
