import { randomUUID } from 'node:crypto';
import { NOTHING_READ, readEvents, type ServerSentEvent } from './server-sent-events.js';

const REQUEST_LIMIT_MS = 60_000;

/** The service said no; `detail` is its sentence. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
  ) {
    super(`${detail} (${status} ${code})`);
  }
}

/** The service cannot be reached, or what answered is none of ours. */
export class ApiUnavailable extends Error {
  override readonly name = 'ApiUnavailable';
}

/** One service, spoken to as one caller. */
export class ApiClient {
  /**
   * @param token asked for each request, since tokens end
   */
  constructor(
    private readonly baseUrl: string,
    private readonly token: () => Promise<string>,
  ) {}

  get<Answer>(path: string): Promise<Answer> {
    return this.ask<Answer>('GET', path);
  }

  put<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.ask<Answer>('PUT', path, body);
  }

  post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.ask<Answer>('POST', path, body);
  }

  /** The messages of a stream, until it ends or the signal is aborted; `opened` is called once the service has answered. */
  async *events(path: string, signal: AbortSignal, opened: () => void): AsyncGenerator<ServerSentEvent> {
    const headers = { ...(await this.headers()), accept: 'text/event-stream' };
    const response = await this.reach(path, { headers, signal });
    if (!response.ok || response.body === null) throw await refusalOf(response);
    opened();
    let part = NOTHING_READ;
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const read = readEvents(part, piece);
      part = read.part;
      yield* read.events;
    }
  }

  /** An answer of any size, piece by piece, and the headers it came with. */
  async pieces(path: string): Promise<{ readonly headers: Headers; readonly body: AsyncIterable<Uint8Array> }> {
    const response = await this.reach(path, { headers: await this.headers() });
    if (!response.ok || response.body === null) throw await refusalOf(response);
    return { headers: response.headers, body: response.body };
  }

  private async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = await this.headers();
    const response = await this.reach(path, {
      method,
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      ...(body === undefined
        ? { headers }
        : {
            body: JSON.stringify(body),
            headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
          }),
    });
    if (!response.ok) throw await refusalOf(response);
    return (await response.json()) as Answer;
  }

  private async headers(): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await this.token()}` };
  }

  private async reach(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.baseUrl}${path}`, { ...request, redirect: 'error' });
    } catch (error) {
      throw new ApiUnavailable(`Nothing answers at ${this.baseUrl}.`, { cause: error });
    }
  }
}

async function refusalOf(response: Response): Promise<Error> {
  const problem = (await response.json().catch(() => null)) as {
    code?: unknown;
    detail?: unknown;
    errors?: unknown;
  } | null;
  if (typeof problem?.code !== 'string') return new ApiUnavailable(`The service answered ${response.status}.`);
  const errors = (Array.isArray(problem.errors) ? problem.errors : []) as { field?: unknown; code?: unknown }[];
  const faults = errors.map(({ field, code }) => ` ${String(field)}: ${String(code)};`).join('');
  return new ApiRefusal(response.status, problem.code, `${String(problem.detail)}${faults}`);
}
