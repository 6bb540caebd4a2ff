/** What a service answered. */
export interface Answer {
  readonly status: number;
  // A caller looks into it freely; what it must hold is what a test claims.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

const CALL_LIMIT_MS = 15_000;

/** Calls the services' APIs as a page or a person would. */
export class ServiceClient {
  constructor(private readonly token: string) {}

  async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown, key?: string): Promise<Answer> {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** @throws where it does not answer with 200. */
  async done(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    body?: unknown,
    key?: string,
  ): Promise<Answer['body']> {
    const answer = await this.call(method, url, body, key);
    if (answer.status === 200) return answer.body as unknown;
    throw new Error(`${method} answers ${answer.status} ${(answer.body as { code?: string } | null)?.code ?? ''}`);
  }
}
