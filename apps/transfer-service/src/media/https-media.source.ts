import { Agent, request } from 'undici';
import { MaterialUnreadable, readWatched, sameFiles, type WatchedFile } from '../node/watched-files.file.js';
import { failureCodeOf } from '../sending/network-failure.js';
import { entityOf, isSame, type MediaEntity, rangeOf } from './http-entity.js';
import { type ExpectedMedia, MediaFault, type MediaSource, type OpenMedia } from './media-source.js';
import { Patience } from './patience.js';
import { dump, type Served, ServedMedia } from './served-media.source.js';

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
  /** How slow it may be on average, in bytes per second, beyond `stallMs`: so media of a size has a limit in all. */
  readonly minBytesPerSecond: number;
}

const CONNECT_MS = 10_000;
const PRINTABLE = /^[\x21-\x7e]{1,4096}$/;

interface Connection {
  readonly agent: Agent;
  readonly files: readonly WatchedFile[];
}

/** Media that the site serves in plaintext over HTTPS, to us alone: by client certificate, by bearer token, or both. */
export class HttpsMediaSource implements MediaSource {
  private connection: Connection | null = null;

  constructor(private readonly config: HttpsMediaConfig) {}

  async open(locator: string, { kind, size }: ExpectedMedia, stop?: AbortSignal): Promise<OpenMedia> {
    const url = this.allowed(locator);
    const closing = new AbortController();
    const close = () => closing.abort();
    stop?.addEventListener('abort', close, { once: true });
    try {
      if (stop?.aborted === true) close();
      const patience = new Patience({ graceMs: this.config.stallMs, minBytesPerSecond: this.config.minBytesPerSecond });
      patience.waits(performance.now());
      const served = await this.begin(url, size, closing.signal);
      const ask: ServedMedia['ask'] = (...what) => this.ask(url, ...what, closing.signal);
      const media = new ServedMedia(ask, served, size, patience, closing);
      await media.requireSignature(kind);
      return media;
    } catch (error) {
      close();
      throw error;
    } finally {
      stop?.removeEventListener('abort', close);
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

  private async begin(url: URL, size: number, signal: AbortSignal): Promise<Served> {
    const served = await this.ask(url, 'GET', 0, null, signal);
    if (served.entity.size === size) return served;
    await dump(served.body);
    throw new MediaFault('media_changed');
  }

  /** One request; what comes is the entity that is meant, from `position` on. */
  private async ask(
    url: URL,
    method: 'GET' | 'HEAD',
    position: number,
    entity: MediaEntity | null,
    signal: AbortSignal,
  ): Promise<Served> {
    const answer = await this.send(url, method, method === 'GET' ? rangeOf(position, entity) : {}, signal);
    const { statusCode: status, headers, body } = answer;
    const fault = faultOfStatus(status, position);
    const found = fault === null ? entityOf(status, headers, position) : null;
    if (found !== null && (entity === null || isSame(found, entity))) return { entity: found, body };
    await dump(body);
    throw new MediaFault(fault ?? 'media_changed');
  }

  private async send(url: URL, method: 'GET' | 'HEAD', headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    const { stallMs } = this.config;
    try {
      return await request(url, {
        method,
        dispatcher: await this.agent(),
        signal,
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
