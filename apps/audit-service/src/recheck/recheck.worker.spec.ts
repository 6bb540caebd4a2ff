import type { Log } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { jest } from '@jest/globals';
import type { RecheckService } from './recheck.service.js';
import { RecheckWorker } from './recheck.worker.js';

describe('the worker that reads the record again', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('reads at its pace, looks seldom while it rests, and goes on when the rest is over', async () => {
    const reads = [512, 512, 0, 0, 512];
    const step = jest.fn(async () => ({ read: reads.shift() ?? 0, findings: [] }));
    const database = { transaction: (run: (tx: object) => unknown) => run({}) } as unknown as ServiceDatabase;
    const recheck = { batch: 512, step } as unknown as RecheckService;
    const pace = { entriesPerSecond: 1_024, pauseMs: 3_600_000 };
    const worker = new RecheckWorker(database, recheck, pace, { error: () => undefined } as unknown as Log);
    worker.onApplicationBootstrap();

    for (const [ms, looks] of [
      [1_600, 3],
      [9_000, 3],
      [1_000, 4],
      [9_000, 4],
      [1_000, 5],
    ] as const) {
      await jest.advanceTimersByTimeAsync(ms);
      expect(step).toHaveBeenCalledTimes(looks);
    }
    await worker.beforeApplicationShutdown();
  });
});
