import { createServer, type AddressInfo, type Server } from 'node:net';
import { Agent, request } from 'undici';
import { failureCodeOf } from './network-failure.js';

/** The TLS record of a fatal alert, but for its last byte, which says which (RFC 8446, 6). */
const FATAL_ALERT = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02];

// Real: a socket that ends the handshake with an alert, and what this version of Node and OpenSSL calls it.
describe('a TLS handshake that the other side ends', () => {
  let server: Server;
  let alert: number;

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.from([...FATAL_ALERT, alert])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    ['handshake_failure', 40, 'tls_failed'],
    ['bad_certificate', 42, 'client_certificate_refused'],
    ['unsupported_certificate', 43, 'client_certificate_refused'],
    ['certificate_revoked', 44, 'client_certificate_refused'],
    ['certificate_expired', 45, 'client_certificate_refused'],
    ['certificate_unknown', 46, 'client_certificate_refused'],
    ['unknown_ca', 48, 'client_certificate_refused'],
    ['access_denied', 49, 'client_certificate_refused'],
    ['protocol_version', 70, 'tls_failed'],
    ['certificate_required', 116, 'client_certificate_refused'],
  ])('with %s (%i) is %s', async (_name, number, code) => {
    alert = number;
    const agent = new Agent();
    const { port } = server.address() as AddressInfo;
    const failure = await request(`https://127.0.0.1:${port}/`, { dispatcher: agent }).then(
      () => null,
      (error: unknown) => failureCodeOf(error),
    );
    await agent.destroy();
    expect(failure).toEqual({ kind: 'not_sent', code });
  });
});
