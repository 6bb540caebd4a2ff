import { AsyncLocalStorage } from 'node:async_hooks';

const correlation = new AsyncLocalStorage<string>();

/** The correlation id of the request or message at work; undefined outside of one. */
export function currentCorrelationId(): string | undefined {
  return correlation.getStore();
}

/** Does the work under a correlation id: a consumer hands on the one its message carries. */
export function withCorrelationId<Result>(id: string, work: () => Result): Result {
  return correlation.run(id, work);
}

/** A caller's id is taken only in this form, so that it can stand in logs and headers as it is. */
export function isCorrelationId(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9_-]{8,64}$/.test(text);
}
