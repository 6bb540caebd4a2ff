import { ensureAuthority, type LocalAuthority } from '@hub-export/local-servers';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { type HttpsMediaConfig, HttpsMediaSource } from './https-media.source.js';
import { LocatedMedia } from './located-media.source.js';
import { MediaFault, type OpenMedia } from './media-source.js';

const CONTENT = Buffer.concat([Buffer.from('%PDF-1.4 approved '), Buffer.alloc(300_000, 'x')]);
const OTHER = Buffer.concat([Buffer.from('%PDF-1.4 replaced '), Buffer.alloc(300_000, 'y')]);
const REPORT = { kind: 'report', size: CONTENT.length } as const;
const TOKEN = 'an-opaque-token';

interface Serving {
  content: Buffer;
  tag: string | null;
  /** The connection is cut after so many bytes of each answer's body, in turn; none: never. */
  cuts: number[];
  status: number | null;
  headers: Record<string, string>;
  /** `trickling`: a byte now and then; `silent`: nothing after the first bytes; `mute`: no answer at all. */
  pace: 'at_once' | 'trickling' | 'silent' | 'mute';
}

// Real: HTTPS with certificates of an authority of our own, sockets, files.
describe('media of the site’s server', () => {
  let folder: string;
  let authority: LocalAuthority;
  let server: Server;
  let host: string;
  let serving: Serving;
  let seen: { range: string | undefined; ifRange: string | undefined; method: string | undefined }[];
  let source: HttpsMediaSource;
  /** The first request of a test has come. */
  let asked: Promise<void>;
  let wasAsked: () => void;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-https-'));
    authority = await ensureAuthority(folder);
    const [keyFile, certFile] = [join(folder, 'media.key'), join(folder, 'media.crt')];
    await authority.issue({ commonName: 'media', hosts: ['127.0.0.1'], keyFile, certFile });
    await authority.issue({
      commonName: 'us',
      client: true,
      keyFile: join(folder, 'us.key'),
      certFile: join(folder, 'us.crt'),
    });
    await writeFile(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
    const [key, cert, ca] = await Promise.all([keyFile, certFile, authority.caFile].map((file) => readFile(file)));
    server = createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: false }, serve);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    serving = { content: CONTENT, tag: '"one"', cuts: [], status: null, headers: {}, pace: 'at_once' };
    seen = [];
    asked = new Promise((resolve) => (wasAsked = resolve));
    source = new HttpsMediaSource(configured());
  });

  afterEach(() => source.close());

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  it('is read from first to last in one request, by certificate, by token, or by both', async () => {
    for (const change of [{}, { client: null }, { tokenFile: null }]) {
      const one = new HttpsMediaSource(configured(change));
      seen = [];
      const media = await one.open(locator(), REPORT);
      expect((await contentOf(media)).equals(CONTENT)).toBe(true);
      expect(seen.map(({ method }) => method)).toEqual(['GET']);
      await media.requireUnchanged();
      await media.close();
      await one.close();
    }
  });

  it('is not given to a stranger, and who is refused says so', async () => {
    const stranger = new HttpsMediaSource(configured({ client: null, tokenFile: null }));
    expect(await faultOf(stranger.open(locator(), REPORT))).toBe('media_source_refused');
    await stranger.close();
  });

  it.each([
    ['another host', 'https://elsewhere.example/m'],
    ['another port', 'https://127.0.0.1:1/m'],
    ['a user name', () => `https://user@${host}/m`],
    ['a fragment', () => `https://${host}/m#x`],
    ['no TLS', () => `http://${host}/m`],
    ['no URL', 'https://'],
  ])('is not fetched from a locator with %s', async (_what, where) => {
    const told = typeof where === 'string' ? where : where();
    expect(await faultOf(source.open(told, REPORT))).toBe('media_source_refused');
    expect(seen).toEqual([]);
  });

  it.each([
    [301, 'media_source_refused'],
    [401, 'media_source_refused'],
    [404, 'media_missing'],
    [410, 'media_missing'],
    [429, 'media_source_unavailable'],
    [500, 'media_source_unavailable'],
    [503, 'media_source_unavailable'],
  ])('a server that answers %i is %s, and no redirect is followed', async (status, fault) => {
    serving.status = status;
    serving.headers = { location: `https://${host}/elsewhere` };
    expect(await faultOf(source.open(locator(), REPORT))).toBe(fault);
    expect(seen).toHaveLength(1);
  });

  it('a server whose certificate is of another authority is refused, one that does not answer is unavailable', async () => {
    const other = await mkdtemp(join(tmpdir(), 'hub-export-other-'));
    const { caFile } = await ensureAuthority(other);
    const distrustful = new HttpsMediaSource(configured({ caFile }));
    expect(await faultOf(distrustful.open(locator(), REPORT))).toBe('media_source_refused');
    await distrustful.close();
    await rm(other, { recursive: true });
    const nobody = new HttpsMediaSource(configured({ hosts: ['127.0.0.1:1'] }));
    expect(await faultOf(nobody.open('https://127.0.0.1:1/m', REPORT))).toBe('media_source_unavailable');
    await nobody.close();
  });

  it('is taken up where the connection dropped, by Range and If-Range', async () => {
    serving.cuts = [100_000, 50_000];
    const media = await source.open(locator(), REPORT);
    expect((await contentOf(media)).equals(CONTENT)).toBe(true);
    expect(seen.length).toBe(3);
    expect(seen[0]).toMatchObject({ range: 'bytes=0-', ifRange: undefined });
    for (const { range, ifRange } of seen.slice(1)) {
      expect(range).toMatch(/^bytes=[1-9]\d*-$/);
      expect(ifRange).toBe('"one"');
    }
    await media.close();
  });

  it('is given up when it drops again and again', async () => {
    serving.cuts = Array.from({ length: 20 }, () => 1_000);
    const media = await source.open(locator(), REPORT);
    expect(await faultOf(contentOf(media))).toBe('media_source_unavailable');
    await media.close();
  });

  it('is given up where it comes a byte at a time, which is never silence and would take for ever', async () => {
    serving.pace = 'trickling';
    const limited = new HttpsMediaSource(configured({ stallMs: 300, minBytesPerSecond: 10_000 }));
    const media = await limited.open(locator(), REPORT);
    expect(await faultOf(contentOf(media))).toBe('media_source_unavailable');
    expect(seen).toHaveLength(1);
    await media.close();
    await limited.close();
  });

  it('lets a read that waits for a silent server end with its closing, and asks no more', async () => {
    serving.pace = 'silent';
    const media = await source.open(locator(), REPORT);
    const fault = faultOf(contentOf(media));
    await media.close();
    expect(await fault).toBe('media_source_unavailable');
    expect(seen).toHaveLength(1);
    await media.close();
  });

  it('lets an opening that waits for a silent server end at a word', async () => {
    serving.pace = 'mute';
    const stop = new AbortController();
    const patient = new HttpsMediaSource(configured({ stallMs: 600_000 }));
    const opening = faultOf(patient.open(locator(), REPORT, stop.signal));
    await asked;
    stop.abort('egress_stopped');
    expect(await opening).toBe('media_source_unavailable');
    expect(await faultOf(patient.open(locator(), REPORT, stop.signal))).toBe('media_source_unavailable');
    expect(seen).toHaveLength(1);
    await patient.close();
  });

  it.each(['with a tag', 'without one'])(
    'that was replaced before it could be taken up has changed (%s)',
    async (how) => {
      if (how === 'without one') serving.tag = null;
      serving.cuts = [100_000];
      const media = await source.open(locator(), REPORT);
      serving.content = how === 'without one' ? OTHER.subarray(1) : OTHER;
      serving.tag = serving.tag && '"two"';
      expect(await faultOf(contentOf(media))).toBe('media_changed');
      await media.close();
    },
  );

  it('that was replaced or removed at its end is noticed', async () => {
    const media = await source.open(locator(), REPORT);
    await contentOf(media);
    serving.tag = '"two"';
    expect(await faultOf(media.requireUnchanged())).toBe('media_changed');
    serving.status = 404;
    expect(await faultOf(media.requireUnchanged())).toBe('media_missing');
    serving.status = 503;
    await media.requireUnchanged();
    await media.close();
  });

  it('of another size, kind or encoding is not opened', async () => {
    expect(await faultOf(source.open(locator(), { kind: 'report', size: 5 }))).toBe('media_changed');
    expect(await faultOf(source.open(locator(), { kind: 'video', size: CONTENT.length }))).toBe('media_kind_mismatch');
    serving.headers = { 'content-encoding': 'gzip' };
    expect(await faultOf(source.open(locator(), REPORT))).toBe('media_changed');
  });

  it('that ends early never passes for the whole', async () => {
    const media = await source.open(locator(), REPORT);
    serving.content = CONTENT.subarray(0, 1_000);
    serving.cuts = [];
    server.closeAllConnections();
    expect(['media_changed', 'media_source_unavailable', 'no fault']).toContain(await faultOf(contentOf(media)));
    await media.close();
  });

  it('is refused where no server is configured, and where it is larger than what may be sent', async () => {
    const file = { open: () => Promise.reject(new Error('not asked')) };
    const none = new LocatedMedia({ file, https: null }, 10);
    expect(await faultOf(none.open(locator(), { kind: 'report', size: 10 }))).toBe('media_source_refused');
    expect(await faultOf(none.open('file:m.pdf', { kind: 'report', size: 11 }))).toBe('media_too_large');
  });

  function configured(change: Partial<HttpsMediaConfig> = {}): HttpsMediaConfig {
    return {
      hosts: [host],
      caFile: authority.caFile,
      client: { certFile: join(folder, 'us.crt'), keyFile: join(folder, 'us.key') },
      tokenFile: join(folder, 'token'),
      stallMs: 5_000,
      minBytesPerSecond: 1,
      ...change,
    };
  }

  function locator(): string {
    return `https://${host}/media/m.pdf?version=1`;
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const { range, 'if-range': ifRange, authorization } = request.headers;
    seen.push({ range, ifRange: ifRange as string | undefined, method: request.method });
    wasAsked();
    if (serving.pace === 'mute') return;
    const isKnown = (request.socket as TLSSocket).authorized || authorization === `Bearer ${TOKEN}`;
    const status = isKnown ? serving.status : 403;
    if (status !== null) return void response.writeHead(status, serving.headers).end();
    const { content, tag } = serving;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const isWhole = range === undefined || (ifRange !== undefined && ifRange !== tag);
    const body = isWhole ? content : content.subarray(from);
    response.writeHead(isWhole ? 200 : 206, {
      ...(tag === null ? {} : { etag: tag }),
      'content-length': body.length,
      ...(isWhole ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
      ...serving.headers,
    });
    if (request.method === 'HEAD') return void response.end();
    const cut = serving.cuts.shift();
    if (serving.pace !== 'at_once') return void begin(response, body, serving.pace === 'trickling');
    if (cut === undefined) return void response.end(body);
    response.write(body.subarray(0, cut), () => request.socket.destroy());
  }
});

/** The first bytes, and then one after the other, or nothing more. */
function begin(response: ServerResponse, body: Buffer, goesOn: boolean): void {
  let sent = 64;
  response.write(body.subarray(0, sent));
  if (!goesOn) return;
  const timer = setInterval(() => void response.write(body.subarray(sent, (sent += 1))), 10);
  response.on('close', () => clearInterval(timer));
}

async function contentOf(media: OpenMedia): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of media.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no fault',
    (error: unknown) => {
      if (error instanceof MediaFault) return error.code;
      throw error;
    },
  );
}
