import type { CentralHubDocument } from '@hub-export/contracts';
import { crashPoint } from '@hub-export/environment';
import { type Dispatcher, request } from 'undici';
import { MediaFault } from '../media/media-source.js';
import { SealingFault } from '../sealing/sealing-fault.js';
import { type AbortReason, endedAtWord, type HubAnswer } from './hub-answer.js';
import type { HubConnections, HubTimeouts } from './hub-connection.client.js';
import { ANSWER_BYTES_MAX } from './hub-connection.client.js';
import type { MediaToSend } from './hub-protocol.js';
import { MeteredBody, type SendProgress } from './metered-body.stream.js';
import { failureCodeOf } from './network-failure.js';
import type { HubPace } from './pace.service.js';

/** Whom we speak to, and as whom. */
export interface HubPeer {
  readonly nodeKey: string;
  readonly document: CentralHubDocument;
  readonly sourceNodeKey: string;
  /** The site node's secret, as it was read for this call. */
  readonly secret: string;
}

export interface CallContext {
  readonly peer: HubPeer;
  readonly transferKey: string;
  /** The attempt's id; the hub's journal and ours can be laid beside each other. */
  readonly requestId: string;
  /** Breaks the call off; its reason is an `AbortReason`. */
  readonly signal: AbortSignal;
  /** Called before the request and before each piece of its body; it may break the call off by the signal. */
  readonly check?: () => void;
  /**
   * Not called, and answered as aborted, where its place in the hub's pace is further away than this, in milliseconds.
   * @default any place is waited for
   */
  readonly placeWithinMs?: number;
}

/** Speaks the hub's three calls. Every way a call can end becomes a value; nothing is thrown and nothing is judged. */
export class HubClient {
  constructor(
    private readonly connections: HubConnections,
    private readonly timeouts: HubTimeouts,
    private readonly pace: HubPace,
  ) {}

  create(context: CallContext, payload: string): Promise<HubAnswer> {
    return this.call(context, 'POST', '', {
      headers: { 'content-type': 'application/json' },
      body: payload,
    });
  }

  status(context: CallContext): Promise<HubAnswer> {
    return this.call(context, 'GET', `${encodeURIComponent(context.transferKey)}/status/`, {});
  }

  /** Sends prepared media. `progress` counts the bytes that were handed over, also where the call is broken off. */
  async upload(context: CallContext, media: MediaToSend, progress: SendProgress): Promise<HubAnswer> {
    const { peer, signal, check } = context;
    const cap = peer.document.limits.bandwidth_bytes_per_second ?? null;
    const body = new MeteredBody(media, this.pace.bytes(peer.nodeKey, cap), progress, signal, check);
    const path = `${encodeURIComponent(context.transferKey)}/media/`;
    const answer = await this.call({ ...context, signal: body.signal }, 'POST', path, {
      headers: media.headers,
      body: body.chunks(),
    });
    return endedAtWord(answer, signal.aborted ? (signal.reason as AbortReason) : null);
  }

  private async call(
    { peer, requestId, signal, check, placeWithinMs }: CallContext,
    method: 'GET' | 'POST',
    path: string,
    content: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | AsyncIterable<Uint8Array>;
    },
  ): Promise<HubAnswer> {
    const turn = await this.pace.request(peer.nodeKey, peer.document.limits.requests_per_second, signal, placeWithinMs);
    check?.();
    if (!turn || signal.aborted) return { kind: 'aborted', reason: signal.reason as AbortReason };
    const total = AbortSignal.timeout(this.timeouts.totalMs);
    try {
      const answer = await request(new URL(`api/media/hub/transfers/${path}`, peer.document.base_url), {
        method,
        dispatcher: await this.connections.agentFor(peer.nodeKey, peer.document),
        signal: AbortSignal.any([signal, total]),
        headers: {
          accept: 'application/json',
          'x-network-node-key': peer.sourceNodeKey,
          'x-network-node-secret': peer.secret,
          'x-request-id': requestId,
          ...content.headers,
        },
        body: (content.body ?? null) as Dispatcher.DispatchOptions['body'] & (string | null),
      });
      const read = await readAnswer(answer);
      crashPoint('hub-answered');
      return read;
    } catch (error) {
      if (error instanceof MediaFault || error instanceof SealingFault) return { kind: 'not_sent', code: error.code };
      if (signal.aborted) return { kind: 'aborted', reason: signal.reason as AbortReason };
      if (total.aborted) return { kind: 'no_answer', code: 'total_timeout' };
      return failureCodeOf(error);
    }
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<HubAnswer> {
  const text = await readLimited(body);
  return {
    kind: 'answered',
    status: statusCode,
    document: isJson(headers['content-type']) ? parseObject(text) : null,
    retryAfterMs: retryAfterMs(headers['retry-after']),
  };
}

async function readLimited(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX)
      throw Object.assign(new Error('Answer too large.'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isJson(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && /^application\/json\s*(;|$)/i.test(contentType);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** `Retry-After` in either of its forms, as a duration from now. */
function retryAfterMs(header: string | string[] | undefined): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
