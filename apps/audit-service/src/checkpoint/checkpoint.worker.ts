import { errorFields, type Log } from '@hub-export/http-edge';
import { databaseTrouble, type ServiceDatabase } from '@hub-export/service-runtime';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { AccessAnchor } from '../access/access-anchor.service.js';
import type { CheckpointDelivery } from './checkpoint-delivery.worker.js';
import type { CheckpointMaker, Made } from './checkpoint-maker.service.js';

/** How often it is looked whether a checkpoint is due, in milliseconds. */
export const LOOK_EVERY_MS = 2_000;
/** Checkpoints made or restored in one look at most. */
const MADE_IN_A_LOOK_MAX = 100;

/** What the process that makes checkpoints knows of itself. */
export interface CheckpointState {
  /** Why none can be made; null where nothing hinders. */
  readonly trouble: string | null;
  /** Leaves that a sink vouches for and the record does not hold (again) yet. */
  readonly anchoredBeyond: number;
}

/** What is done in each look. */
export interface CheckpointParts {
  readonly maker: CheckpointMaker;
  readonly accesses: AccessAnchor;
  readonly delivery: CheckpointDelivery;
}

/** Makes checkpoints while the service runs, beside the taking in of entries and never in its way. */
export class CheckpointWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<unknown> = Promise.resolve();
  private isRunning = false;
  private last: CheckpointState = { trouble: null, anchoredBeyond: 0 };

  constructor(
    private readonly database: ServiceDatabase,
    private readonly parts: CheckpointParts,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.begin(), LOOK_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  state(): CheckpointState {
    return this.last;
  }

  /** How many were made or restored. */
  async runOnce(): Promise<number> {
    const { accesses, delivery } = this.parts;
    let count = 0;
    for (let made = await this.make(); made.size !== null; made = await this.make()) {
      count += 1;
      if (made.isNew) delivery.toOutput(made.size, made.note);
      if (count === MADE_IN_A_LOOK_MAX) break;
    }
    await this.database.transaction((tx) => accesses.next(tx));
    await delivery.runOnce();
    return count;
  }

  private async make(): Promise<Made> {
    const made = await this.database.transaction((tx) => this.parts.maker.next(tx));
    if (made.trouble !== null && made.trouble !== this.last.trouble) {
      this.log.error({ event: 'audit_checkpoint_refused', code: made.trouble });
    }
    this.last = { trouble: made.trouble, anchoredBeyond: made.anchoredBeyond };
    return made;
  }

  /** Rounds never overlap. With the database away, nothing is due. */
  private begin(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.round = this.runOnce()
      .catch((error: unknown) => this.failed(error))
      .finally(() => (this.isRunning = false));
  }

  private failed(error: unknown): void {
    if (databaseTrouble(error) !== null) return;
    if (this.last.trouble !== 'sink_unavailable') {
      this.log.error({ event: 'audit_checkpoint_failed', ...errorFields(error) });
    }
    this.last = { ...this.last, trouble: 'sink_unavailable' };
  }
}
