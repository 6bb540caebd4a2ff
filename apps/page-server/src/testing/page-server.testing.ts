import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevSigner, createHttpEdge, type HttpEdge } from '@hub-export/http-edge';
import { createPageServer } from '../app.server.js';
import type { Config } from '../config.js';

export const INDEX = '<!doctype html><title>Export</title>';

/** A service as the proxy meets it: what it was asked, and what it answers. */
export class Upstream {
  readonly asked: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
  }[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => {
    response.setHeader('Content-Type', 'application/json').setHeader('Set-Cookie', 'upstream=1').end('{"here":true}');
  };

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async listen(): Promise<Upstream> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        upstream.asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        upstream.answer(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const upstream = new Upstream(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return upstream;
  }
}

/** A page server on a port of its own, with a built page. */
export interface TestPageServer {
  readonly url: string;
  readonly edge: HttpEdge;
  readonly lines: readonly string[];
  close(): Promise<void>;
}

export async function startTestPageServer(
  upstreams: Config['upstreams'],
  otherwise: (
    keysFolder: string,
    url: string,
  ) => Partial<Config> & { readonly auth?: Config['edge']['auth'] } = () => ({}),
): Promise<TestPageServer> {
  const folder = await mkdtemp(join(tmpdir(), 'page-server-'));
  const pageDir = join(folder, 'page');
  await mkdir(join(pageDir, 'assets'), { recursive: true });
  await writeFile(join(pageDir, 'index.html'), INDEX);
  await writeFile(join(pageDir, 'assets', 'index-abc123.js'), 'export {};');
  const signer = await createDevSigner(join(folder, 'keys'));
  const lines: string[] = [];
  // The port is needed before the server listens, since the provider is told where browsers come back to.
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const { auth = { mode: 'dev' as const, jwksFile: signer.jwksFile }, ...other } = otherwise(join(folder, 'keys'), url);
  const config: Config = {
    edge: {
      service: 'page-server',
      version: '0.0.0',
      production: false,
      auth,
      logLevel: 'debug',
      bodyBytesMax: 1_048_576,
      writesPerMinute: 1_000,
      logDestination: { write: (line: string) => void lines.push(line) },
    },
    host: '127.0.0.1',
    port,
    publicUrl: null,
    upstreams,
    pageDir,
    page: {
      siteName: 'Site A',
      showsFileNames: false,
      autoQueue: true,
      reversibilityWindowSeconds: 60,
      kAnonymityMin: 5,
    },
    signIn: { mode: 'dev', keysFolder: join(folder, 'keys') },
    sessions: { idleMs: 60_000, lifetimeMs: 600_000 },
    ...other,
  };
  const edge = createHttpEdge(config.edge);
  const { app, proxy } = await createPageServer(config, edge);
  await app.listen(port, '127.0.0.1');
  return {
    url,
    edge,
    lines,
    async close() {
      edge.stopping.abort();
      await app.close();
      await proxy.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A browser as far as cookies go: it keeps what it is given and sends it back, and follows nothing by itself. */
export class Browser {
  readonly cookies = new Map<string, string>();
  /** How each cookie was set, in full. */
  readonly setCookies: string[] = [];

  constructor(private readonly base: string) {}

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...(init.headers as Record<string, string>) };
    const answer = await fetch(new URL(path, this.base), { redirect: 'manual', ...init, headers });
    for (const set of answer.headers.getSetCookie()) this.keep(set);
    return answer;
  }

  /** A write as a page of this origin makes it. */
  async write(path: string, body: object = {}, method = 'POST'): Promise<Response> {
    const headers = { 'content-type': 'application/json', 'x-csrftoken': this.cookies.get('csrftoken') ?? '' };
    return this.ask(path, { method, headers, body: JSON.stringify(body) });
  }

  private keep(set: string): void {
    this.setCookies.push(set);
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    if (value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
