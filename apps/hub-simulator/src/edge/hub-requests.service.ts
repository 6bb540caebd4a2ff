import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { type TLSSocket } from 'node:tls';
import { crash, html, HubRefusal, type Answer } from '../answer.js';
import { takeEnvelopeMedia } from '../envelope/envelope-media.controller.js';
import { nextLease } from '../envelope/lease.js';
import { type FaultBook } from '../faults/fault-book.js';
import { type Hub } from '../hub.service.js';
import { takePlaintextMedia } from '../media/plaintext-media.controller.js';
import { statusDocument } from '../transfer/status-document.js';
import { distorted, encoded, replacement } from './answer-faults.js';
import { keyOfCreateBody, readCreateBody, register } from './create.controller.js';
import { ClientGone, ConnectionCut, Exchange } from './exchange.js';
import { writeFill } from './fill.stream.js';
import { routeOf } from './route.js';
import { tellStatus } from './status.controller.js';

/** Of a sender's header the journal keeps so many characters. */
const HEADER_TEXT_MAX = 200;

/** What becomes of each request: it is journaled, served, and met by at most one fault. */
export class HubRequests {
  constructor(
    private readonly hub: Hub,
    private readonly faults: FaultBook,
    private readonly closing: AbortSignal,
    /** Ends a connection with a reset. */
    private readonly cut: (socket: Socket) => void,
  ) {}

  /** Serves a request to its end. An error that is thrown leaves the connection for the caller to cut. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client may leave at any moment; that is noticed where the body is read or the answer is sent.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const exchange = this.begin(request, response);
    try {
      await this.run(exchange);
    } catch (error) {
      if (error instanceof ConnectionCut) return this.withhold(exchange, null, error.hold);
      if (!(error instanceof ClientGone)) throw error;
      await this.end(exchange, 'client-gone', null);
      this.cut(exchange.socket);
    }
  }

  private async run(exchange: Exchange): Promise<void> {
    exchange.fault = this.faults.forRequest(exchange.route.step, exchange.route.transferKey);
    const early = await this.meetBefore(exchange);
    if (early !== undefined) return this.send(exchange, early);
    this.rearrange(exchange);
    const answer = this.forced(exchange, await this.answerOf(exchange));
    await exchange.drain();
    const { fault } = exchange;
    if (fault?.type === 'delay' && fault.when === 'after') await exchange.wait(fault.ms);
    if (fault?.type === 'lose-answer') return this.withhold(exchange, answer);
    if (fault?.type === 'hang') return this.withhold(exchange, answer, 'hold');
    await this.send(exchange, answer);
  }

  /** The faults that come before the hub has looked at the request; may give the answer itself. */
  private async meetBefore(exchange: Exchange): Promise<Answer | undefined> {
    const { fault } = exchange;
    if (fault?.type === 'reset') throw new ConnectionCut();
    if (fault?.type === 'never-read') throw new ConnectionCut('hold');
    if (fault?.type === 'delay' && fault.when === 'before') await exchange.wait(fault.ms);
    if (fault?.type === 'hang' && fault.when === 'before') {
      await exchange.drain();
      throw new ConnectionCut('hold');
    }
    if (fault?.type !== 'answer' || fault.when !== 'before') return undefined;
    if (fault.unread !== true) await exchange.drain();
    return replacement(fault);
  }

  /** The faults that change what the hub knows of the transfer, before it looks at a request for it. */
  private rearrange({ fault, transferKey }: Exchange): void {
    const job = this.hub.memory.job(transferKey ?? '');
    if (job === undefined) return;
    if (fault?.type === 'forget' && fault.when === 'before') this.forget(job.transfer_key);
    if (fault?.type === 'force' && fault.when === 'before') {
      this.hub.put(job.transfer_key, 'forced-by-fault', fault.set);
    }
    if (fault?.type === 'claim') {
      const lease = nextLease(job, new Date().toISOString(), fault.ms);
      const set = { transfer_status: 'running', lease, lastFencingToken: lease.fencingToken };
      this.hub.put(job.transfer_key, 'claimed-by-fault', set);
    }
  }

  private forget(transferKey: string): void {
    this.hub.record({ type: 'TransferForgotten', transfer_key: transferKey });
  }

  /** What the hub answers by its rules. */
  private async answerOf(exchange: Exchange): Promise<Answer> {
    if (hasBadCertificate(exchange.socket as TLSSocket)) {
      return { ...html(400, '400 The SSL certificate error'), reason: 'client_certificate_invalid' };
    }
    try {
      return await this.dispatch(exchange);
    } catch (error) {
      if (error instanceof HubRefusal) return error.answer;
      if (error instanceof ClientGone || error instanceof ConnectionCut) throw error;
      console.error('hub-simulator: the hub failed', error);
      return crash('unhandled').answer;
    }
  }

  private async dispatch(exchange: Exchange): Promise<Answer> {
    const { route } = exchange;
    if (route.answer !== undefined) return route.answer;
    if (route.step === 'status') return tellStatus(exchange, this.hub);
    if (route.step === 'create') return this.create(exchange);
    return this.hub.traits.media === 'multipart'
      ? takePlaintextMedia(exchange, this.hub)
      : takeEnvelopeMedia(exchange, this.hub);
  }

  private async create(exchange: Exchange): Promise<Answer> {
    const body = await readCreateBody(exchange);
    exchange.transferKey = keyOfCreateBody(body);
    if (exchange.fault === undefined && exchange.transferKey !== null) {
      exchange.fault = this.faults.forKey('create', exchange.transferKey);
      const early = await this.meetBefore(exchange);
      if (early !== undefined) return early;
    }
    this.rearrange(exchange);
    return register(exchange, body, this.hub);
  }

  /** Keeps an answer back, at once or while the client waits: nothing more comes from this connection. */
  private async withhold(exchange: Exchange, answer: Answer | null, hold?: 'hold'): Promise<void> {
    await this.end(exchange, 'withheld', answer);
    if (hold !== undefined) await exchange.untilClosed();
    this.cut(exchange.socket);
  }

  /** A fault that changes the transfer for good: the answer tells it. */
  private forced(exchange: Exchange, answer: Answer): Answer {
    const { fault, transferKey } = exchange;
    const job = this.hub.memory.job(transferKey ?? '');
    if (fault?.type !== 'force' || fault.when === 'before' || job === undefined) return answer;
    exchange.commit = this.hub.put(job.transfer_key, 'forced-by-fault', fault.set);
    return { ...answer, body: statusDocument({ ...job, ...fault.set }, this.hub.traits) };
  }

  private async send(exchange: Exchange, honest: Answer): Promise<void> {
    const { fault, response } = exchange;
    const answer = distorted(honest, fault);
    const { headers, body } = encoded(answer);
    const fill = fault?.type === 'answer' ? (fault.fill_bytes ?? 0) : 0;
    const { transferKey } = exchange;
    if (fault?.type === 'forget' && fault.when === 'after' && transferKey !== null) this.forget(transferKey);
    await this.end(exchange, fault?.type === 'cut-answer' ? 'withheld' : 'answered', answer);
    if (fault?.type === 'drip-answer') return this.drip(exchange, answer.status, headers, body, fault.bytes_per_second);
    const unread = fault?.type === 'answer' && fault.unread === true;
    response.writeHead(answer.status, {
      'content-length': String(body.length + fill),
      ...headers,
      ...(unread ? { connection: 'close' } : {}),
    });
    if (fault?.type === 'cut-answer') {
      response.write(body.subarray(0, fault.after_bytes), () => this.cut(exchange.socket));
      return;
    }
    response.write(body);
    await writeFill(response, fill);
    response.end(() => {
      if (unread) this.cut(exchange.socket);
    });
  }

  /** Writes an answer byte for byte, below Node's own writer, and closes the connection. */
  private async drip(
    exchange: Exchange,
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
    pace: number,
  ): Promise<void> {
    const told = Object.entries({ ...headers, 'content-length': String(body.length), connection: 'close' });
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`, ...told.map((pair) => pair.join(': '))];
    for (const byte of Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])) {
      if (exchange.socket.destroyed || this.closing.aborted) return;
      exchange.socket.write(Buffer.of(byte));
      await exchange.wait(1000 / pace);
    }
    exchange.socket.end();
  }

  private begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const route = routeOf(request.method ?? '', request.url ?? '');
    const tls = request.socket as TLSSocket;
    const certificate = tls.authorized ? 'verified' : 'none';
    const exchange = new Exchange(randomUUID(), request, response, route, certificate, this.closing);
    const length = request.headers['content-length'];
    this.hub.journal.append({
      type: 'RequestBegun',
      request: exchange.id,
      method: request.method ?? '',
      step: route.step,
      transfer_key: route.transferKey,
      x_request_id: shortHeader(request.headers['x-request-id']),
      node_key: shortHeader(request.headers['x-network-node-key']),
      client_certificate: fingerprintOf(tls),
      content_length: length === undefined ? null : Number(length),
    });
    return exchange;
  }

  private async end(
    exchange: Exchange,
    outcome: 'answered' | 'withheld' | 'client-gone',
    answer: Answer | null,
  ): Promise<void> {
    const { transferKey } = exchange;
    this.hub.journal.append({
      type: 'RequestEnded',
      request: exchange.id,
      outcome,
      status: answer?.status ?? null,
      reason: answer?.reason ?? null,
      transfer_key: transferKey,
      transfer_status: (transferKey === null ? undefined : this.hub.memory.job(transferKey))?.transfer_status ?? null,
      body_bytes: exchange.bodyBytes,
      body_sha256: exchange.bodySha256(),
      media_bytes: exchange.media?.size ?? null,
      media_sha256: exchange.media?.sha256 ?? null,
      commit: exchange.commit,
      fault: exchange.fault?.type ?? null,
    });
    await this.hub.journal.durable();
  }
}

/** A certificate was shown, and it is expired, not ours, or otherwise not to be trusted. */
function hasBadCertificate(socket: TLSSocket): boolean {
  return !socket.authorized && fingerprintOf(socket) !== null;
}

function fingerprintOf(socket: TLSSocket): string | null {
  // Without a certificate Node gives an empty object, whatever the type says.
  const { fingerprint256 } = (socket.getPeerCertificate() ?? {}) as { fingerprint256?: string };
  return fingerprint256?.replaceAll(':', '').toLowerCase() ?? null;
}

function shortHeader(value: string | string[] | undefined): string | null {
  return value === undefined ? null : String(value).slice(0, HEADER_TEXT_MAX);
}
