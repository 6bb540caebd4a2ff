import { type Classify, type Failure, failureOf, HandlerTimeout } from './failure.js';
import type { HandleMessage, IncomingMessage } from './incoming-message.js';

/**
 * Lets a handler have a message once. Answers undefined when it resolved, else what its failure means.
 * It may take `limitMs`, and as much again from each call of `working()`.
 */
export async function attempt(
  handle: HandleMessage,
  message: IncomingMessage,
  classify: Classify,
  limitMs: number,
): Promise<Failure | undefined> {
  const limit = new Limit(limitMs);
  const watched = {
    ...message,
    working: (): void => {
      limit.extend();
      message.working();
    },
  };
  try {
    // A handler that comes too late may still fail; then nobody listens any more.
    await Promise.race([callOf(handle, watched), limit.passed]);
    return undefined;
  } catch (error) {
    return failureOf(error, classify);
  } finally {
    limit.end();
  }
}

/** A handler that throws before its first await fails like any other. */
async function callOf(handle: HandleMessage, message: IncomingMessage): Promise<void> {
  await handle(message);
}

/** Rejects `passed` when the time is over, unless it is extended or ended before. */
class Limit {
  readonly passed: Promise<never>;
  private timer: NodeJS.Timeout | undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(private readonly ms: number) {
    this.passed = new Promise<never>((_, reject) => {
      this.reject = reject;
    });
    this.extend();
  }

  extend(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.reject(new HandlerTimeout()), this.ms);
    // A process that is done must not stay for a handler that hangs.
    this.timer.unref();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
