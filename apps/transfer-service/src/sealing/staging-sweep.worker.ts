import { setTimeout as sleep } from 'node:timers/promises';
import { errorFields, type Log } from '@hub-export/http-edge';
import type { Clock } from '../clock.js';
import type { Situations } from '../transfer/situation.service.js';
import type { StagedEntry, Staging } from './staging.file.js';

/** A seal that was not written to for so long has no worker any more, in milliseconds. */
export const ABANDONED_AFTER_MS = 3_600_000;
/** How often it is looked again, in milliseconds; sooner where the database was away. */
const SWEEP_EVERY_MS = 3_600_000;
const TRY_AGAIN_MS = 10_000;

/**
 * Removes sealed media that nobody needs: of completed transfers, of transfers the log does not know, and what a
 * killed worker left half sealed. What belongs to any other transfer stays, since the next attempt must send it.
 */
export class StagingSweep {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: {
      readonly staging: Staging;
      readonly situations: Situations;
      readonly clock: Clock;
      readonly log: Log;
    },
  ) {}

  onApplicationBootstrap(): void {
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  /** One round over the whole directory. */
  async runOnce(): Promise<{ readonly removed: number }> {
    let removed = 0;
    for (const entry of await this.parts.staging.entries()) {
      if (this.stopping.signal.aborted) break;
      if (await this.remove(entry)) removed += 1;
    }
    return { removed };
  }

  private async remove({ transferId, isPart, changedAt }: StagedEntry): Promise<boolean> {
    const { staging, situations, clock } = this.parts;
    if (isPart) {
      if (clock.now().getTime() - changedAt.getTime() < ABANDONED_AFTER_MS) return false;
      await staging.discardParts(transferId);
      return true;
    }
    const { status } = await situations.transfer(transferId);
    if (status !== 'completed' && status !== 'not_marked') return false;
    await staging.discard(transferId);
    return true;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const pauseMs = await this.runOnce().then(
        () => SWEEP_EVERY_MS,
        (error: unknown) => {
          this.parts.log.warn({ event: 'staging_sweep_failed', ...errorFields(error) });
          return TRY_AGAIN_MS;
        },
      );
      await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }
}
