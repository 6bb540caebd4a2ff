import type { Log } from '@hub-export/http-edge';
import { databaseTrouble, type ServiceDatabase } from '@hub-export/service-runtime';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { RecheckService } from './recheck.service.js';

/** How fast, and how often. */
export interface RecheckPace {
  /** 0 reads nothing again. */
  readonly entriesPerSecond: number;
  /** From the end of one reading to the beginning of the next, in milliseconds. */
  readonly pauseMs: number;
}

/** How often it is looked whether the rest is over, or whether another process no longer reads. */
const REST_LOOK_MS = 10_000;

/** Reads the whole record again, slowly and for ever, so that what was changed in the database does not stay unseen. */
export class RecheckWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<unknown> = Promise.resolve();
  private isRunning = false;
  private restsUntil = 0;

  constructor(
    private readonly database: ServiceDatabase,
    private readonly recheck: RecheckService,
    private readonly pace: RecheckPace,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const { entriesPerSecond } = this.pace;
    if (entriesPerSecond === 0) return;
    const everyMs = Math.max(100, (1_000 * this.recheck.batch) / entriesPerSecond);
    this.timer = setInterval(() => this.begin(), everyMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /** One batch. How many entries were read; 0 where it rests or another process reads. */
  async runOnce(): Promise<number> {
    const { read, findings } = await this.database.transaction((tx) => this.recheck.step(this.pace.pauseMs, tx));
    for (const { global_seq, code } of findings) {
      this.log.error({ event: 'audit_record_changed', position: global_seq, code });
    }
    return read;
  }

  private begin(): void {
    if (this.isRunning || performance.now() < this.restsUntil) return;
    this.isRunning = true;
    this.round = this.runOnce()
      .then((read) => {
        if (read === 0) this.restsUntil = performance.now() + Math.min(this.pace.pauseMs, REST_LOOK_MS);
      })
      .catch((error: unknown) => {
        if (databaseTrouble(error) === null) this.log.error({ event: 'audit_recheck_failed' });
      })
      .finally(() => (this.isRunning = false));
  }
}
