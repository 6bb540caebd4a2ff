import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CertificateRequest, ensureAuthority, type LocalAuthority } from './authority.file.js';

describe('the local authority', () => {
  const home = mkdtempSync(join(tmpdir(), 'hub-export-authority-'));
  const SERVER = { commonName: 'hub', hosts: ['127.0.0.1', 'localhost'] };
  const CLIENT = { commonName: 'site', client: true };
  let ours: LocalAuthority;
  let foreign: LocalAuthority;
  let issued = 0;

  beforeAll(async () => {
    ours = await ensureAuthority(join(home, 'ours'));
    foreign = await ensureAuthority(join(home, 'foreign'));
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('makes certificates with which both sides trust each other', async () => {
    expect(await handshake(await pair(ours, SERVER), await pair(ours, CLIENT))).toBe('trusted');
  });

  it.each([
    {
      what: 'has expired',
      request: { ...SERVER, notBefore: new Date('2020-01-01'), validDays: 30 },
      answer: 'CERT_HAS_EXPIRED',
    },
    {
      what: 'is for another host',
      request: { ...SERVER, hosts: ['elsewhere.example'] },
      answer: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
    {
      what: 'is for a client alone',
      request: { ...SERVER, hosts: [], client: true },
      answer: 'INVALID_PURPOSE',
    },
  ])('makes a server certificate that is refused because it $what', async ({ request, answer }) => {
    expect(await handshake(await pair(ours, request), await pair(ours, CLIENT))).toBe(answer);
  });

  it('is not trusted by those who trust another one', async () => {
    expect(await handshake(await pair(foreign, SERVER), await pair(ours, CLIENT))).toMatch(
      /UNABLE_TO_VERIFY|SELF_SIGNED/,
    );
    expect(await handshake(await pair(ours, SERVER), await pair(foreign, CLIENT))).toBe('client refused');
  });

  it('stays the same one when asked again, even by two at once', async () => {
    const folder = join(home, 'again');
    const [one, other] = await Promise.all([ensureAuthority(folder), ensureAuthority(folder)]);
    const before = readFileSync(one.caFile, 'utf8');
    expect(other.caFile).toBe(one.caFile);
    expect(readFileSync((await ensureAuthority(folder)).caFile, 'utf8')).toBe(before);
    const [server, client] = [await pair(one, SERVER), await pair(other, CLIENT)];
    expect(await handshake(server, client, one.caFile)).toBe('trusted');
  });

  it('keeps keys readable to their owner alone', async () => {
    const { keyFile } = await pair(ours, SERVER);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'ours', 'authority', 'ca.key')).mode & 0o777).toBe(0o600);
  });

  type Pair = Pick<CertificateRequest, 'keyFile' | 'certFile'>;

  async function pair(authority: LocalAuthority, request: Omit<CertificateRequest, keyof Pair>): Promise<Pair> {
    issued += 1;
    const files = { keyFile: join(home, `${issued}.key`), certFile: join(home, `${issued}.crt`) };
    await authority.issue({ ...request, ...files });
    return files;
  }

  /** A TLS handshake with certificates on both sides; tells who was content, or the code of the client's error. */
  function handshake(server: Pair, client: Pair, caFile = ours.caFile): Promise<string> {
    const ca = readFileSync(caFile);
    const material = ({ keyFile, certFile }: Pair) => ({
      key: readFileSync(keyFile),
      cert: readFileSync(certFile),
      ca,
    });
    return new Promise((resolve) => {
      const listener = tls.createServer({ ...material(server), requestCert: true, rejectUnauthorized: false });
      listener.on('tlsClientError', () => undefined);
      const finish = (answer: string) => listener.close(() => resolve(answer));
      listener.on('secureConnection', (socket) => {
        socket.on('error', () => undefined);
        socket.end(socket.authorized ? 'trusted' : 'client refused');
      });
      listener.listen(0, '127.0.0.1', () => {
        const { port } = listener.address() as AddressInfo;
        const socket = tls.connect({ host: '127.0.0.1', port, ...material(client) });
        socket.on('data', (data) => finish(data.toString()));
        socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      });
    });
  }
});
