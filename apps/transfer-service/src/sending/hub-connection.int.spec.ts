import type { CentralHubDocument } from '@hub-export/contracts';
import { ensureAuthority, type LocalAuthority } from '@hub-export/local-servers';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MaterialUnreadable } from '../node/watched-files.file.js';
import { HubConnections } from './hub-connection.client.js';
import { hubConnector } from './hub-socket.client.js';

// Real: files of an authority of our own, and a socket.
describe('a key and a certificate of two pairs, in the middle of a rotation', () => {
  let folder: string;
  let authority: LocalAuthority;
  let connections: HubConnections;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-connection-'));
    authority = await ensureAuthority(join(folder, 'ca'));
    for (const name of ['old', 'new']) {
      const files = { keyFile: join(folder, `${name}.key`), certFile: join(folder, `${name}.crt`) };
      await authority.issue({ commonName: 'site-a', client: true, ...files });
    }
    await rename(join(folder, 'new.key'), join(folder, 'old.key'));
    connections = new HubConnections({ connectMs: 1_000, answerMs: 1_000, totalMs: 1_000 });
  });

  afterEach(async () => {
    await connections.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are waited for by a process that has no older pair, until both are there', async () => {
    const agent = connections.agentFor('hub', hub());
    await rename(join(folder, 'new.crt'), join(folder, 'old.crt'));
    expect(await agent).toBeDefined();
  });

  it('count as unreadable where they stay so', async () => {
    await expect(connections.agentFor('hub', hub())).rejects.toBeInstanceOf(MaterialUnreadable);
  });

  it('end a connection with an error, and never leave a call without an answer', async () => {
    const server = createServer((socket) => void socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const [cert, key, ca] = await Promise.all(
      [join(folder, 'old.crt'), join(folder, 'old.key'), authority.caFile].map((file) => readFile(file)),
    );
    const connect = hubConnector({ cert, key, ca }, 1_000);
    const { port } = server.address() as AddressInfo;
    const error = await new Promise<Error | null>((resolve) =>
      connect({ hostname: '127.0.0.1', host: '127.0.0.1', protocol: 'https:', port: String(port) }, (...[failure]) =>
        resolve(failure),
      ),
    );
    expect(error?.message).toContain('mismatch');
    await new Promise((resolve) => server.close(resolve));
  });

  function hub(): CentralHubDocument {
    const tls = {
      client_cert_file: join(folder, 'old.crt'),
      client_key_file: join(folder, 'old.key'),
      ca_file: authority.caFile,
    };
    return { tls } as CentralHubDocument;
  }
});
