import { setTimeout as wait } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const REQUEST_LIMIT_MS = 5_000;
const POLL_MS = 100;

/**
 * Waits until a service says that it can work.
 * @throws Error with what it said last, when it is not ready within a minute; the signal's reason, when it is aborted.
 */
export async function waitUntilReady(service: string, baseUrl: string, signal: AbortSignal): Promise<void> {
  return waitUntilListening(service, `${baseUrl}/health/ready`, signal);
}

/**
 * Waits until an address answers with success.
 * @throws as `waitUntilReady`
 */
export async function waitUntilListening(service: string, url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  let last = 'no answer';
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const answer = await ask(url);
    if (answer.ready) return;
    last = answer.said;
    await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  throw new Error(`${service} is not ready after ${LIMIT_MS / 1000} s; it said last: ${last}`);
}

async function ask(url: string): Promise<{ readonly ready: boolean; readonly said: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
    const said = await response.text();
    return { ready: response.ok, said };
  } catch {
    return { ready: false, said: 'no answer' };
  }
}
