import { type RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { type Socket } from 'node:net';
import { type FaultAction } from '../faults/fault.js';
import { type FaultBook } from '../faults/fault-book.js';
import { type Hub } from '../hub.service.js';
import { HubRequests } from './hub-requests.service.js';

/** A request may take this long: the real hub's proxy waits as long for a registration of a long video. */
const REQUEST_TIMEOUT_MS = 21_600_000;
const HEADER_MAX_BYTES = 32 * 1024;
/** The TLS record of a fatal alert, but for its last byte, which says which. */
const FATAL_ALERT = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02];

/** What the TLS layer of the hub is made of, as PEM texts. */
export interface HubTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
  /**
   * `optional`: as the documented proxy does it: without a certificate the hub answers 403, with a bad one the proxy
   * answers an HTML 400. `required`: the TLS layer refuses either.
   */
  readonly clientCertificates: 'optional' | 'required';
}

/** The hub's HTTPS side: its sockets and its certificate. */
export class HubServer {
  private readonly server: Server;
  private readonly serve: RequestListener;
  private readonly closing = new AbortController();
  /** The TCP sockets below the TLS ones, by the port of their other end. */
  private readonly sockets = new Map<number, Socket>();
  private readonly serving = new Set<Promise<void>>();

  constructor(
    hub: Hub,
    private readonly faults: FaultBook,
    private readonly tls: HubTls,
  ) {
    const requests = new HubRequests(hub, faults, this.closing.signal, (socket) => this.cut(socket));
    this.serve = (request, response) => {
      const { socket } = request;
      const served = requests.serve(request, response).catch((error: unknown) => {
        // The journal is broken or the simulator is: nothing sound can be answered, so the caller sees a lost line.
        console.error('hub-simulator: a request could not be served', error);
        this.cut(socket);
      });
      this.serving.add(served);
      void served.then(() => this.serving.delete(served));
    };
    this.server = createServer(serverOptions(tls), this.serve);
    this.server.requestTimeout = REQUEST_TIMEOUT_MS;
    // The server's own listener begins the TLS handshake; a fault has to come before it.
    const handshake = this.server.listeners('connection');
    this.server.removeAllListeners('connection');
    this.server.on('connection', (socket: Socket) => {
      if (!this.accept(socket)) return;
      for (const listener of handshake) listener.call(this.server, socket);
    });
  }

  /** Begins to listen; answers with the port. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Stops listening and drops every connection: a new one is refused. */
  async silence(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets.values()) socket.destroy();
    await closed;
  }

  /** Drops idle connections, so that the next request has to open one. */
  dropIdle(): void {
    this.server.closeIdleConnections();
  }

  /** Shows another certificate from the next connection on. */
  present(change: { readonly cert?: string; readonly key?: string; readonly clientCa?: string }): void {
    const { cert, key, clientCa } = { ...this.tls, ...change };
    this.server.setSecureContext({ cert, key, ca: clientCa, minVersion: 'TLSv1.2' });
  }

  /** Drops every connection and ends when nothing is under way any more. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.silence();
    // What was under way still tells the journal how it ended.
    await Promise.all(this.serving);
  }

  /** Takes note of a connection; false if a fault has taken it over. */
  private accept(socket: Socket): boolean {
    const port = socket.remotePort ?? 0;
    this.sockets.set(port, socket);
    socket.once('close', () => {
      if (this.sockets.get(port) === socket) this.sockets.delete(port);
    });
    const fault = this.faults.forConnection();
    if (fault !== undefined) this.spoil(socket, fault);
    return fault === undefined;
  }

  private spoil(socket: Socket, fault: FaultAction): void {
    socket.on('error', () => undefined);
    if (fault.type === 'certificate') {
      createServer(serverOptions({ ...this.tls, ...fault }), this.serve).emit('connection', socket);
    } else if (fault.type === 'tls-alert') {
      // The client has to have spoken: an alert out of the blue would reach it as a plain disconnect.
      socket.once('data', () => socket.end(Buffer.from([...FATAL_ALERT, fault.alert])));
    } else {
      socket.resetAndDestroy();
    }
  }

  /** Ends a connection with a reset, not with a farewell, for which the TCP socket below the TLS one is needed. */
  private cut(socket: Socket): void {
    this.sockets.get(socket.remotePort ?? 0)?.resetAndDestroy();
    socket.destroy();
  }
}

function serverOptions(tls: HubTls): ServerOptions {
  return {
    cert: tls.cert,
    key: tls.key,
    ca: tls.clientCa,
    requestCert: true,
    rejectUnauthorized: tls.clientCertificates === 'required',
    minVersion: 'TLSv1.2',
    maxHeaderSize: HEADER_MAX_BYTES,
  };
}
