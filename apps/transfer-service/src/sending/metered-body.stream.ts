import { setTimeout as wait } from 'node:timers/promises';
import type { MediaToSend } from './hub-protocol.js';
import type { ByteGrants } from './pace.service.js';

/** Told while the media is sent. */
export interface SendProgress {
  /** Media bytes handed to the connection so far; none that was not counted has left. */
  bytesSent: number;
}

/** How long bytes that were handed over get to leave, before the connection is cut, in milliseconds. */
const TAKEN_WITHIN_MS = 500;
const FLUSHED_WITHIN_MS = 250;

/**
 * The body of an upload as the connection takes it: under the hub's bandwidth, every byte counted, and closed at a word.
 * At the word nothing more is handed over; what was handed over gets a moment to leave, so that the count is what has
 * left, and then the connection is cut.
 */
export class MeteredBody {
  private handed = 0;
  /** Whether the connection has taken everything that was handed over. */
  private waiting = false;
  private readonly cut = new AbortController();

  constructor(
    private readonly media: MediaToSend,
    private readonly grants: ByteGrants | null,
    private readonly progress: SendProgress,
    private readonly stop: AbortSignal,
    /** Called before each piece; it may give the word. */
    private readonly check: () => void = () => undefined,
  ) {
    // A word that was given already is no event any more; without this the body would be parked for ever.
    if (stop.aborted) this.cut.abort(stop.reason);
    else stop.addEventListener('abort', () => void this.close(), { once: true });
  }

  /** Aborted when the connection is to be cut; with the reason of the word. */
  get signal(): AbortSignal {
    return this.cut.signal;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    let granted = 0;
    for await (const chunk of this.media.body()) {
      for (let at = 0; at < chunk.length;) {
        if (this.grants !== null && granted === 0) granted = (await this.grants.next(this.stop)) ?? 0;
        this.check();
        if (this.stop.aborted) return await this.park();
        const piece = chunk.subarray(at, this.grants === null ? undefined : at + granted);
        this.count(piece.length);
        yield piece;
        at += piece.length;
        granted = Math.max(0, granted - piece.length);
      }
    }
  }

  private count(bytes: number): void {
    const { headBytes, mediaBytes } = this.media.layout;
    this.handed += bytes;
    this.progress.bytesSent = Math.min(mediaBytes, Math.max(0, this.handed - headBytes));
  }

  /** Neither an end, which would make a complete body, nor another byte. */
  private async park(): Promise<never> {
    this.waiting = true;
    await aborted(this.cut.signal);
    throw new Error('The upload was broken off.');
  }

  private async close(): Promise<void> {
    const reason: unknown = this.stop.reason;
    if (reason !== 'lease_lost') {
      for (let waited = 0; !this.waiting && waited < TAKEN_WITHIN_MS; waited += 20) await wait(20);
      await wait(FLUSHED_WITHIN_MS);
    }
    this.cut.abort(reason);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
