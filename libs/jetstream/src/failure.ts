/**
 * What becomes of a message whose handler failed.
 * - `retry`: tried again after a growing delay; counted, and parked when the deliveries are used up.
 * - `hold`: what the handler leans on is away (its database, say), so the message is not at fault: kept in hand and
 *   tried again with a growing delay, uncounted.
 * - `park`: will never work; put aside at once.
 *
 * The code goes to headers, counters and logs: a stable word of the house, never the text of an error.
 */
export interface Failure {
  readonly action: 'retry' | 'hold' | 'park';
  readonly code: string;
}

export type Classify = (error: unknown) => Failure;

/** Thrown by a handler that sees that this message can never be processed: it is parked at once with the code. */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';

  constructor(readonly code: string) {
    super(`The message cannot be processed: ${code}.`);
  }
}

/** The handler neither ended nor called `working()` within the acknowledgement's time. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';

  constructor() {
    super('The handler took too long.');
  }
}

/** An error nobody classified is tried again: our own bug or a passing trouble, and the deliveries are limited. */
export function classifyAsRetry(): Failure {
  return { action: 'retry', code: 'handler_failed' };
}

/** The failure an error means; a classifier that fails itself changes nothing but the code. */
export function failureOf(error: unknown, classify: Classify): Failure {
  if (error instanceof Unprocessable) return { action: 'park', code: safeCode(error.code) };
  if (error instanceof HandlerTimeout) return { action: 'retry', code: 'handler_timeout' };
  try {
    const failure = classify(error);
    return { action: failure.action, code: safeCode(failure.code) };
  } catch {
    return { action: 'retry', code: 'classifier_failed' };
  }
}

/** Keeps what is not a code, such as an error's text with a value in it, out of headers and logs. */
function safeCode(code: string): string {
  return /^[a-z][a-z0-9_-]{0,63}$/.test(code) ? code : 'handler_failed';
}
