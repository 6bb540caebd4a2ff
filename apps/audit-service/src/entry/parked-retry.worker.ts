import type { Log } from '@hub-export/http-edge';
import type { JetStreamServer } from '@hub-export/jetstream';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { IntegrityService } from '../integrity/integrity.service.js';

/** So many parked messages are tried again in a round at most. */
const PARKED_BATCH = 1_000;

/** Tries parked messages again while entries are missing, so that a gap closes by itself once its cause is mended. */
export class ParkedRetry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<unknown> = Promise.resolve();
  private isRunning = false;

  constructor(
    private readonly parked: Pick<JetStreamServer, 'driveParked'>,
    private readonly integrity: IntegrityService,
    private readonly log: Log,
    private readonly everyMs: number,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.begin(), this.everyMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /** How many were handled after all. */
  async runOnce(): Promise<number> {
    if ((await this.integrity.integrity()).complete) return 0;
    const { handled } = await this.parked.driveParked({ limit: PARKED_BATCH });
    if (handled > 0) this.log.info({ event: 'audit_parked_handled', count: handled });
    return handled;
  }

  /** Rounds never overlap; with the database or the bus away, the next one may do better. */
  private begin(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.round = this.runOnce()
      .catch(() => this.log.warn({ event: 'audit_parked_retry_failed' }))
      .finally(() => (this.isRunning = false));
  }
}
