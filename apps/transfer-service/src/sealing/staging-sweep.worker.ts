import { setTimeout as sleep } from 'node:timers/promises';
import { errorFields, type Log } from '@hub-export/http-edge';
import type { Clock } from '../clock.js';
import type { Situations } from '../transfer/situation.service.js';
import type { StagedEntry, Staging } from './staging.file.js';

/** A seal that was not written to for so long has no worker any more, in milliseconds. */
export const ABANDONED_AFTER_MS = 3_600_000;
/**
 * Sealed media of a transfer that the log does not know is kept for so long, in milliseconds: after a database was
 * restored to an earlier day, the transfer comes again, and must find it.
 */
export const UNKNOWN_KEPT_MS = 7 * 86_400_000;
/** How often it is looked again, in milliseconds; sooner where the database was away. */
const SWEEP_EVERY_MS = 3_600_000;
const TRY_AGAIN_MS = 10_000;

/**
 * Removes sealed media that nobody needs: of completed transfers, what a killed worker left half sealed, and at last
 * what the log does not know. What belongs to any other transfer stays, since the next attempt must send it.
 */
export class StagingSweep {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: {
      readonly staging: Staging;
      readonly situations: Pick<Situations, 'transfer'>;
      readonly clock: Pick<Clock, 'now'>;
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
    const { staging, clock } = this.parts;
    const ageMs = clock.now().getTime() - changedAt.getTime();
    if (isPart && ageMs >= ABANDONED_AFTER_MS) {
      await staging.discardParts(transferId);
      return true;
    }
    if (isPart || !(await this.isNeedless(transferId, ageMs))) return false;
    await staging.discard(transferId);
    return true;
  }

  private async isNeedless(transferId: string, ageMs: number): Promise<boolean> {
    const { status } = await this.parts.situations.transfer(transferId);
    return status === 'completed' || (status === 'not_marked' && ageMs >= UNKNOWN_KEPT_MS);
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
