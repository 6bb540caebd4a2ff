import { setTimeout as wait } from 'node:timers/promises';

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

export interface Awaited {
  /** What is awaited, as the error is to say it: "the transfer is completed". */
  readonly what: string;
  /** @default 10 000 */
  readonly withinMs?: number;
}

/**
 * Waits for a condition instead of a time: calls `check` again and again until it neither throws nor returns false,
 * null or undefined, and gives back what it returned.
 *
 * @throws Error that says what was awaited and why the last check was not content, its `cause` where it threw.
 */
export async function eventually<T>(
  check: () => Promise<T> | T,
  { what, withinMs = 10_000 }: Awaited,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + withinMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const outcome = await attempt(check);
    if (outcome.content) return outcome.value;
    if (Date.now() >= deadline) {
      throw new Error(`Waited ${withinMs} ms in vain: ${what}. At last: ${outcome.reason}`, { cause: outcome.error });
    }
    await wait(pauseMs);
  }
}

type Outcome<T> =
  | { readonly content: true; readonly value: Exclude<T, false | null | undefined> }
  | { readonly content: false; readonly reason: string; readonly error?: unknown };

async function attempt<T>(check: () => Promise<T> | T): Promise<Outcome<T>> {
  try {
    const value = await check();
    if (value === false || value === null || value === undefined)
      return { content: false, reason: `it was ${String(value)}` };
    return { content: true, value: value as Exclude<T, false | null | undefined> };
  } catch (error) {
    return { content: false, reason: error instanceof Error ? error.message : String(error), error };
  }
}
