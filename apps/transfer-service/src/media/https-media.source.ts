import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { MaterialUnreadable, readWatched, sameFiles, type WatchedFile } from '../node/watched-files.file.js';
import { failureCodeOf } from '../sending/network-failure.js';
import { entityOf, isSame, type MediaEntity, rangeOf } from './http-entity.js';
import {
  type ExpectedMedia,
  hasSignatureOf,
  MediaFault,
  type MediaSource,
  type OpenMedia,
  SIGNATURE_BYTES,
} from './media-source.js';

/** The site's media server, as it is configured. */
export interface HttpsMediaConfig {
  /** `host` or `host:port` of locators that are opened; all others are refused. */
  readonly hosts: readonly string[];
  /** The only authority that the server's certificate is trusted by. */
  readonly caFile: string;
  /** For mutual TLS. */
  readonly client: { readonly certFile: string; readonly keyFile: string } | null;
  /** Holds the bearer token. */
  readonly tokenFile: string | null;
  /** Time without any movement after which a connection counts as dead, in milliseconds. */
  readonly stallMs: number;
}

const CONNECT_MS = 10_000;
/** A download that breaks off so often has no way through; the next attempt begins anew. */
const RESUMES_MAX = 5;
const RESUME_PAUSE_MS = 200;
const PRINTABLE = /^[\x21-\x7e]{1,4096}$/;

interface Connection {
  readonly agent: Agent;
  readonly files: readonly WatchedFile[];
}

/** Media that the site serves in plaintext over HTTPS, to us alone: by client certificate, by bearer token, or both. */
export class HttpsMediaSource implements MediaSource {
  private connection: Connection | null = null;

  constructor(private readonly config: HttpsMediaConfig) {}

  async open(locator: string, { kind, size }: ExpectedMedia): Promise<OpenMedia> {
    const url = this.allowed(locator);
    const media = new ServedMedia(
      (method, position, entity) => this.ask(url, method, position, entity),
      await this.begin(url, size),
      size,
    );
    try {
      await media.requireSignature(kind);
      return media;
    } catch (error) {
      await media.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.connection?.agent.destroy();
    this.connection = null;
  }

  private allowed(locator: string): URL {
    const url = URL.canParse(locator) ? new URL(locator) : null;
    const isPlain = url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '';
    if (url === null || !isPlain || !this.config.hosts.includes(url.host)) throw new MediaFault('media_source_refused');
    return url;
  }

  private async begin(url: URL, size: number): Promise<Served> {
    const served = await this.ask(url, 'GET', 0, null);
    if (served.entity.size === size) return served;
    await dump(served.body);
    throw new MediaFault('media_changed');
  }

  /** One request; what comes is the entity that is meant, from `position` on. */
  private async ask(url: URL, method: 'GET' | 'HEAD', position: number, entity: MediaEntity | null): Promise<Served> {
    const answer = await this.send(url, method, method === 'GET' ? rangeOf(position, entity) : {});
    const { statusCode: status, headers, body } = answer;
    const fault = faultOfStatus(status, position);
    const found = fault === null ? entityOf(status, headers, position) : null;
    if (found !== null && (entity === null || isSame(found, entity))) return { entity: found, body };
    await dump(body);
    throw new MediaFault(fault ?? 'media_changed');
  }

  private async send(url: URL, method: 'GET' | 'HEAD', headers: Readonly<Record<string, string>>) {
    const { stallMs } = this.config;
    try {
      return await request(url, {
        method,
        dispatcher: await this.agent(),
        headersTimeout: stallMs,
        bodyTimeout: stallMs,
        headers: { ...headers, ...(await this.authorization()), 'accept-encoding': 'identity' },
      });
    } catch (error) {
      throw asFault(error);
    }
  }

  private async authorization(): Promise<Readonly<Record<string, string>>> {
    if (this.config.tokenFile === null) return {};
    const [file] = await readWatched([this.config.tokenFile]);
    const token = file?.content.toString('utf8').trim() ?? '';
    if (!PRINTABLE.test(token)) throw new MediaFault('media_source_refused');
    return { authorization: `Bearer ${token}` };
  }

  /** The files are looked at before each use, so that a rotation needs no restart. */
  private async agent(): Promise<Agent> {
    const { caFile, client } = this.config;
    const paths = [caFile, ...(client === null ? [] : [client.certFile, client.keyFile])];
    const known = this.connection;
    if (known !== null && (await sameFiles(known.files, paths))) return known.agent;
    const files = await readWatched(paths);
    const [ca, cert, key] = files.map(({ content }) => content);
    const agent = new Agent({
      connect: { ca, ...(cert && { cert }), ...(key && { key }), minVersion: 'TLSv1.2', timeout: CONNECT_MS },
      allowH2: false,
      pipelining: 1,
    });
    this.connection = { agent, files };
    void known?.agent.close().catch(() => undefined);
    return agent;
  }
}

interface Served {
  readonly entity: MediaEntity;
  readonly body: Dispatcher.ResponseData['body'];
}

type Ask = (method: 'GET' | 'HEAD', position: number, entity: MediaEntity) => Promise<Served>;

/** One entity of the media server, read from first to last; a connection that drops is taken up where it ended. */
class ServedMedia implements OpenMedia {
  private body: Dispatcher.ResponseData['body'];
  private readonly entity: MediaEntity;
  private readonly beginning: Uint8Array[] = [];
  private position = 0;
  private resumes = 0;
  private readonly pieces: AsyncGenerator<Uint8Array>;

  constructor(
    private readonly ask: Ask,
    served: Served,
    private readonly size: number,
  ) {
    this.body = served.body;
    this.entity = served.entity;
    this.pieces = this.read();
  }

  /** Reads as much as tells the kind; it is given out again first. */
  async requireSignature(kind: ExpectedMedia['kind']): Promise<void> {
    const wanted = Math.min(SIGNATURE_BYTES, this.size);
    for (let known = 0; known < wanted;) {
      const next = await this.pieces.next();
      if (next.done === true) break;
      this.beginning.push(next.value);
      known += next.value.length;
    }
    if (!hasSignatureOf(kind, Buffer.concat(this.beginning))) throw new MediaFault('media_kind_mismatch');
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    yield* this.beginning;
    yield* this.pieces;
  }

  async requireUnchanged(): Promise<void> {
    try {
      await this.ask('HEAD', 0, this.entity);
    } catch (error) {
      // The digest of what was read is right already; a server that cannot be asked says nothing against it.
      if (!(error instanceof MediaFault) || !SAYS_NOTHING.includes(error.code)) throw error;
    }
  }

  async close(): Promise<void> {
    await dump(this.body);
  }

  private async *read(): AsyncGenerator<Uint8Array> {
    while (this.position < this.size) {
      try {
        for await (const piece of this.body as AsyncIterable<Uint8Array>) {
          this.position += piece.length;
          if (this.position > this.size) throw new MediaFault('media_changed');
          yield piece;
        }
      } catch (error) {
        if (error instanceof MediaFault) throw error;
      }
      if (this.position < this.size) await this.resume();
    }
  }

  private async resume(): Promise<void> {
    for (; this.resumes < RESUMES_MAX;) {
      this.resumes += 1;
      await sleep(RESUME_PAUSE_MS * this.resumes);
      try {
        this.body = (await this.ask('GET', this.position, this.entity)).body;
        return;
      } catch (error) {
        if (!(error instanceof MediaFault) || error.code !== 'media_source_unavailable') throw error;
      }
    }
    throw new MediaFault('media_source_unavailable');
  }
}

const SAYS_NOTHING: readonly string[] = ['media_source_unavailable', 'media_source_refused'];

function faultOfStatus(status: number, position: number) {
  if (status === 206 || status === 200) return null;
  if (status === 404 || status === 410) return 'media_missing';
  // There is no such range any more: what was long enough before is shorter now.
  if (status === 416) return position === 0 ? 'media_missing' : 'media_changed';
  return status >= 500 || status === 429 || status === 408 ? 'media_source_unavailable' : 'media_source_refused';
}

/** Certificates and files are for a person; all else that can go wrong on the way may be better later. */
function asFault(error: unknown): MediaFault {
  if (error instanceof MediaFault) return error;
  if (error instanceof MaterialUnreadable) return new MediaFault('media_source_refused');
  const isForAPerson = failureCodeOf(error).code.includes('certificate');
  return new MediaFault(isForAPerson ? 'media_source_refused' : 'media_source_unavailable');
}

/** A body that nobody reads to its end holds its connection for ever. */
async function dump(body: Dispatcher.ResponseData['body']): Promise<void> {
  body.on('error', () => undefined);
  body.destroy();
  await Promise.resolve();
}
