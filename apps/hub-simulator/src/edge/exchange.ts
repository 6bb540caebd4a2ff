import { createHash } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { DELAY_MAX_MS, type FaultAction } from '../faults/fault.js';
import { type Route } from './route.js';

/** The client left before its request was read. */
export class ClientGone extends Error {}
/** An injected fault ends the connection without an answer. */
export class ConnectionCut extends Error {
  /** `hold`: not at once, but when the client has given up waiting. */
  constructor(readonly hold?: 'hold') {
    super('A fault cuts the connection.');
  }
}

/** One request and what is known of it so far. */
export class Exchange {
  fault: FaultAction | undefined;
  /** The key of the transfer, once it is known. */
  transferKey: string | null;
  /** The number of the record that made the effect durable. */
  commit: number | null = null;
  media: { readonly sha256: string; readonly size: number } | null = null;
  bodyBytes = 0;
  /** Kept, since Node takes it from a request that has ended. */
  readonly socket: Socket;
  private readonly hash = createHash('sha256');
  private opened = false;

  constructor(
    readonly id: string,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly route: Route,
    readonly certificate: 'verified' | 'none',
    /** Ends waits when the hub closes. */
    readonly closing: AbortSignal,
  ) {
    this.transferKey = route.transferKey;
    this.socket = request.socket;
  }

  /** The body, counted and hashed, at the pace and up to the point that a fault allows. Can be read once. */
  async *body(): AsyncGenerator<Buffer> {
    this.opened = true;
    const pace = this.fault?.type === 'throttle' ? this.fault.bytes_per_second : undefined;
    const cutAfter = this.fault?.type === 'cut-body' ? this.fault.after_bytes : Infinity;
    if (cutAfter === 0) throw new ConnectionCut();
    try {
      for await (const chunk of this.request as AsyncIterable<Buffer>) {
        const kept = chunk.subarray(0, cutAfter - this.bodyBytes);
        this.bodyBytes += kept.length;
        this.hash.update(kept);
        if (this.bodyBytes >= cutAfter) throw new ConnectionCut();
        if (pace !== undefined) await this.wait((kept.length / pace) * 1000);
        yield kept;
      }
    } catch (error) {
      if (error instanceof ConnectionCut) throw error;
      throw new ClientGone('The client left.', { cause: error });
    }
  }

  /** Reads what is left unread, as a buffering proxy before the hub would have done. */
  async drain(): Promise<void> {
    if (this.opened) return;
    for await (const _chunk of this.body());
  }

  /** The SHA-256 of what was read of the body. */
  bodySha256(): string {
    return this.hash.copy().digest('hex');
  }

  /** Waits, unless the hub closes first. */
  async wait(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.closing }).catch(() => undefined);
  }

  /** Ends when the client has closed the connection, or the hub closes, or nobody can be waiting any more. */
  async untilClosed(): Promise<void> {
    if (this.socket.destroyed) return;
    const gone = new AbortController();
    this.socket.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.closing]);
    await wait(DELAY_MAX_MS, undefined, { signal }).catch(() => undefined);
  }
}
