/** What a request ended with when it was not answered as hoped: a code for the words, a sentence of the server's. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly correlationId: string | null = null,
  ) {
    super(detail);
  }
}

/** The problem in an answer's body, whatever stands there. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  const { code, detail, title, correlation_id } = recordOf(body);
  return new ApiProblem(
    status,
    textOf(code) ?? (status === 0 ? 'no_answer' : `http_${status}`),
    textOf(detail) ?? textOf(title) ?? `HTTP ${status}`,
    textOf(correlation_id),
  );
}

/** Another try of the very same request may succeed, and with its idempotency key does no harm. */
export function isPassing({ status }: ApiProblem): boolean {
  return status === 0 || status === 429 || status === 502 || status === 503 || status === 504;
}

function recordOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
