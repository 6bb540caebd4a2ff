import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { MediaEntity } from './http-entity.js';
import { type ExpectedMedia, hasSignatureOf, MediaFault, type OpenMedia, SIGNATURE_BYTES } from './media-source.js';
import type { Patience } from './patience.js';

/** A download that breaks off so often has no way through; the next attempt begins anew. */
const RESUMES_MAX = 5;
const RESUME_PAUSE_MS = 200;

/** What the media server answered: the entity, and its bytes from the position that was asked for. */
export interface Served {
  readonly entity: MediaEntity;
  readonly body: Dispatcher.ResponseData['body'];
}

/** One more request for the same media. */
type Ask = (method: 'GET' | 'HEAD', position: number, entity: MediaEntity) => Promise<Served>;

/** One entity of the media server, read from first to last; a connection that drops is taken up where it ended. */
export class ServedMedia implements OpenMedia {
  private body: Dispatcher.ResponseData['body'];
  private readonly entity: MediaEntity;
  private readonly beginning: Uint8Array[] = [];
  private position = 0;
  private resumes = 0;
  private readonly pieces: AsyncGenerator<Uint8Array>;

  constructor(
    readonly ask: Ask,
    served: Served,
    private readonly size: number,
    private readonly patience: Patience,
    /** Aborted with the media: it ends a request and a read that are under way. */
    private readonly closing: AbortController,
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
    this.closing.abort();
    await dump(this.body);
  }

  private async *read(): AsyncGenerator<Uint8Array> {
    while (this.position < this.size) {
      try {
        for await (const piece of this.body as AsyncIterable<Uint8Array>) {
          this.patience.has(performance.now());
          this.position += piece.length;
          if (this.position > this.size) throw new MediaFault('media_changed');
          this.requirePatience();
          yield piece;
          this.patience.waits(performance.now());
        }
      } catch (error) {
        if (error instanceof MediaFault) throw error;
      }
      if (this.position < this.size) await this.resume();
    }
  }

  private async resume(): Promise<void> {
    const { signal } = this.closing;
    for (; this.resumes < RESUMES_MAX && !signal.aborted;) {
      this.resumes += 1;
      await sleep(RESUME_PAUSE_MS * this.resumes, undefined, { signal }).catch(() => undefined);
      try {
        this.body = (await this.ask('GET', this.position, this.entity)).body;
        return;
      } catch (error) {
        if (!(error instanceof MediaFault) || error.code !== 'media_source_unavailable') throw error;
      }
    }
    throw new MediaFault('media_source_unavailable');
  }

  private requirePatience(): void {
    if (this.patience.isOver(this.position)) throw new MediaFault('media_source_unavailable');
  }
}

const SAYS_NOTHING: readonly string[] = ['media_source_unavailable', 'media_source_refused'];

/** A body that nobody reads to its end holds its connection for ever. */
export async function dump(body: Dispatcher.ResponseData['body']): Promise<void> {
  body.on('error', () => undefined);
  body.destroy();
  await Promise.resolve();
}
