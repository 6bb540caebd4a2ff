import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../json.js';
import { CONNECTION_ACTIONS } from '../faults/fault.js';
import { parseFaultRules } from '../faults/read-rules.js';
import { type FaultBook } from '../faults/fault-book.js';
import { type HubServer } from '../edge/hub.server.js';
import { type Hub } from '../hub.service.js';
import { JOURNAL_PAGE_MAX } from '../journal/journal.service.js';
import { readSettings, shownSettings } from './settings.js';
import { readTransferChange } from './transfer-change.js';

const BODY_MAX_BYTES = 1 << 20;

/** A request of the control interface that makes no sense. */
class BadRequest extends Error {}
class NotFound extends Error {}

/** The simulator's second door, on loopback: what a test sees of the hub, and how it makes the hub misbehave. */
export class ControlServer {
  private readonly server: Server;
  private listening = true;

  constructor(
    private readonly hub: Hub,
    private readonly faults: FaultBook,
    private readonly hubServer: HubServer,
    private readonly hubAddress: { readonly host: string; readonly port: number },
  ) {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(request);
      const url = new URL(request.url ?? '/', 'http://control');
      answer(response, 200, await this.act(`${request.method} ${url.pathname}`, url, body));
    } catch (error) {
      const status = error instanceof NotFound ? 404 : error instanceof BadRequest ? 400 : 500;
      answer(response, status, { error: error instanceof Error ? error.message : 'failed' });
    }
  }

  private async act(call: string, url: URL, body: unknown): Promise<unknown> {
    const [, name = '', item] = url.pathname.split('/').map(decodeURIComponent);
    switch (`${call.split(' ')[0]} ${name}`) {
      case 'GET journal':
        return this.journal(url);
      case 'GET transfers':
        return item === undefined ? { transfers: this.hub.memory.all() } : this.transfer(item);
      case 'POST transfers':
        return this.changeTransfer(required(item), object(body));
      case 'POST forget':
        return this.forget(required(item));
      case 'GET media':
        return this.media(required(item));
      case 'GET faults':
        return { rules: this.faults.list() };
      case 'POST faults':
        return this.addFaults(object(body));
      case 'DELETE faults':
        this.faults.clear();
        return { rules: [] };
      case 'GET config':
        return this.shown();
      case 'POST config':
        return this.configure(object(body));
      case 'POST reset':
        return this.reset();
      default:
        throw new NotFound('There is no such call.');
    }
  }

  private async journal(url: URL): Promise<unknown> {
    const since = Number(url.searchParams.get('since') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? JOURNAL_PAGE_MAX);
    if (!Number.isSafeInteger(since) || since < 0) throw new BadRequest('since is no sequence number.');
    if (!Number.isSafeInteger(limit) || limit < 1) throw new BadRequest('limit is no count.');
    const records = await this.hub.journal.read(since, limit);
    return { records, last_seq: this.hub.journal.lastSeq };
  }

  private transfer(key: string): unknown {
    const job = this.hub.memory.job(key);
    if (job === undefined) throw new NotFound('The hub has no such transfer.');
    return job;
  }

  private async changeTransfer(key: string, body: JsonObject): Promise<unknown> {
    this.transfer(key);
    const change = valid(() => readTransferChange(body));
    this.hub.put(key, 'set-by-control', change);
    await this.hub.journal.durable();
    return this.transfer(key);
  }

  private async forget(key: string): Promise<unknown> {
    this.transfer(key);
    this.hub.record({ type: 'TransferForgotten', transfer_key: key });
    await this.hub.journal.durable();
    return {};
  }

  private async media(sha256: string): Promise<unknown> {
    const size = await this.hub.media.sizeOf(sha256);
    return { exists: size !== undefined, size: size ?? null };
  }

  private addFaults(body: JsonObject): unknown {
    const rules = valid(() => parseFaultRules(body['rules']));
    valid(() => this.faults.add(rules));
    // A kept-alive connection would never meet what befalls new ones.
    if (rules.some((rule) => CONNECTION_ACTIONS.includes(rule.action.type))) this.hubServer.dropIdle();
    return { rules: this.faults.list() };
  }

  private async configure(body: JsonObject): Promise<unknown> {
    const { settings, tls, listening } = valid(() => readSettings(body, this.hub.settings));
    this.hub.configure(settings);
    if (tls !== undefined) valid(() => this.hubServer.present(tls));
    if (listening !== undefined) await this.setListening(listening);
    return this.shown();
  }

  private async setListening(listening: boolean): Promise<void> {
    if (listening === this.listening) return;
    this.listening = listening;
    if (!listening) return this.hubServer.silence();
    await this.hubServer.listen(this.hubAddress.host, this.hubAddress.port);
  }

  private async reset(): Promise<unknown> {
    this.faults.clear();
    await this.hub.reset();
    this.hubServer.present({});
    await this.setListening(true);
    return {};
  }

  private shown(): unknown {
    return { ...shownSettings(this.hub.settings), listening: this.listening };
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) throw new BadRequest('The body is too large.');
    chunks.push(chunk);
  }
  if (size === 0) return {};
  return valid(() => JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function valid<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new BadRequest(error instanceof Error ? error.message : 'wrong', { cause: error });
  }
}

function object(body: unknown): JsonObject {
  if (!isJsonObject(body)) throw new BadRequest('The body must be an object.');
  return body;
}

function required(item: string | undefined): string {
  if (item === undefined || item === '') throw new NotFound('There is no such call.');
  return item;
}
