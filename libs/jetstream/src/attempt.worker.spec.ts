import { jest } from '@jest/globals';
import { attempt } from './attempt.worker.js';
import { classifyAsRetry, Unprocessable } from './failure.js';
import type { IncomingMessage } from './incoming-message.js';

describe('an attempt', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const message: IncomingMessage = {
    subject: 's',
    sequence: 1,
    headers: {},
    id: null,
    deliveries: 1,
    body: new Uint8Array(),
    working: () => undefined,
  };

  it('without failure answers undefined', async () => {
    await expect(attempt(async () => undefined, message, classifyAsRetry, 1_000)).resolves.toBeUndefined();
  });

  it('fails when the handler throws before its first await', async () => {
    const handle = () => {
      throw new Unprocessable('at_once');
    };
    await expect(attempt(handle, message, classifyAsRetry, 1_000)).resolves.toEqual({
      action: 'park',
      code: 'at_once',
    });
  });

  it('fails when the handler neither ends nor asks for time', async () => {
    const outcome = attempt(() => new Promise<void>(() => undefined), message, classifyAsRetry, 1_000);
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(outcome).resolves.toEqual({ action: 'retry', code: 'handler_timeout' });
  });

  it('has as much time again with each call of working, and the server is told', async () => {
    let told = 0;
    const handle = async ({ working }: IncomingMessage) => {
      for (let round = 0; round < 3; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 900));
        working();
      }
    };
    const outcome = attempt(handle, { ...message, working: () => (told += 1) }, classifyAsRetry, 1_000);
    await jest.advanceTimersByTimeAsync(2_700);
    await expect(outcome).resolves.toBeUndefined();
    expect(told).toBe(3);
  });

  it('leaves no timer behind', async () => {
    await attempt(async () => undefined, message, classifyAsRetry, 1_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});
