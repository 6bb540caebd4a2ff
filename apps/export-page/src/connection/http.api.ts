import { inject, type InjectionKey } from 'vue';
import { apiPath, type Query } from './api-path.js';
import { backoffMs } from './backoff.js';
import { cookieFrom } from './cookie.js';
import { ApiProblem, isPassing, problemFrom } from './problem.js';

/** A write is sent at most this often, each time with the same idempotency key. */
const WRITE_TRIES_MAX = 3;
/** An answer that has not come by then is not waited for any longer, in milliseconds. */
const ANSWER_LIMIT_MS = 30_000;

/** The services behind our own origin; the session's cookie says who asks. */
export class Http {
  /** @param refused told when nobody is signed in any more */
  constructor(private readonly refused: () => void) {}

  get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.json<Answer>(apiPath(path, query), { method: 'GET' });
  }

  /** A question with a body; asking it changes nothing. */
  ask<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.json<Answer>(apiPath(path), withBody(body));
  }

  /** Does it once, however often it has to be sent. */
  async write<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    const key = crypto.randomUUID();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.json<Answer>(apiPath(path), withBody(body, key));
      } catch (problem) {
        if (!(problem instanceof ApiProblem) || !isPassing(problem) || tries >= WRITE_TRIES_MAX) throw problem;
        await new Promise((resolve) => setTimeout(resolve, backoffMs(tries, Math.random())));
      }
    }
  }

  /** The bytes of an answer, and the name it is to be saved under. */
  async file(path: string): Promise<{ readonly blob: Blob; readonly name: string | null }> {
    const answer = await this.send(apiPath(path), { method: 'GET' }, AbortSignal.timeout(ANSWER_LIMIT_MS));
    const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? null;
    return { blob: await answer.blob(), name };
  }

  /** An answer that goes on until one of both ends it. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.send(apiPath(path), { headers: { accept: 'text/event-stream' } }, signal);
    if (body === null) throw new ApiProblem(0, 'no_answer', 'The stream has no body.');
    return body;
  }

  private async json<Answer>(url: string, request: RequestInit): Promise<Answer> {
    const answer = await this.send(url, request, AbortSignal.timeout(ANSWER_LIMIT_MS));
    return (await answer.json()) as Answer;
  }

  private async send(url: string, request: RequestInit, signal: AbortSignal): Promise<Response> {
    const answer = await fetch(url, { ...request, signal, cache: 'no-store', redirect: 'error' }).catch(() => {
      throw new ApiProblem(0, 'no_answer', 'The server does not answer.');
    });
    if (answer.ok) return answer;
    if (answer.status === 401) this.refused();
    throw problemFrom(answer.status, await answer.json().catch(() => null));
  }
}

export const HTTP: InjectionKey<Http> = Symbol('Http');

export function useHttp(): Http {
  const http = inject(HTTP);
  if (http === undefined) throw new Error('main.ts provides the services.');
  return http;
}

function withBody(body: unknown, idempotencyKey?: string): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      ...csrfHeader(),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
  };
}

/** Repeats the cookie, which only a page of this origin can read. */
export function csrfHeader(): Readonly<Record<string, string>> {
  const token = cookieFrom(document.cookie, 'csrftoken');
  return token === null ? {} : { 'x-csrftoken': token };
}
