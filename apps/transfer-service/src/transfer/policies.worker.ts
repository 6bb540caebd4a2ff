import { type QueueReason, systemActor } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { errorFields, type Log } from '@hub-export/http-edge';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { SendingConfig } from '../config.js';
import type { TransferRow } from '../overview/transfer-row.js';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import type { Transfers } from './transfers.service.js';

/** Transfers looked at in one round. */
const ROUND_MAX = 50;
/** A transfer that the rules refused is not looked at again before this, so that it cannot starve the others. */
const REFUSED_PAUSE_MS = 30_000;

/** Queues what the policies say: failed transfers when their time has come, marks when they can no longer be undone. */
export class QueuePolicies {
  private readonly refusedAt = new Map<string, number>();

  constructor(
    private readonly parts: {
      readonly transfers: Transfers;
      readonly waiting: WaitingTransfers;
      readonly clock: Clock;
      readonly log: Log;
    },
    private readonly autoQueue: SendingConfig['autoQueue'],
  ) {}

  async runOnce(): Promise<{ readonly queued: number }> {
    const { waiting, clock } = this.parts;
    const now = clock.now();
    this.forgetOld(now);
    let queued = await this.queueAll(await waiting.toRetry(now, ROUND_MAX), 'retry_policy');
    if (this.autoQueue.on) {
      const before = new Date(now.getTime() - this.autoQueue.windowMs);
      queued += await this.queueAll(await waiting.toAutoQueue(before, ROUND_MAX), 'auto_queue');
    }
    return { queued };
  }

  private async queueAll(rows: readonly TransferRow[], reason: QueueReason): Promise<number> {
    let queued = 0;
    for (const row of rows) if (!this.refusedAt.has(row.transfer_id) && (await this.queue(row, reason))) queued += 1;
    return queued;
  }

  private async queue({ transfer_id }: TransferRow, reason: QueueReason): Promise<boolean> {
    const { transfers, clock, log } = this.parts;
    const context = { key: randomUUID(), correlationId: randomUUID(), causationId: null };
    try {
      return (await transfers.queue(transfer_id, reason, systemActor(reason), context)).events.length > 0;
    } catch (error) {
      // It is not eligible, or a node is not ready: it stays where it is and is asked again later.
      this.refusedAt.set(transfer_id, clock.now().getTime());
      const told = error instanceof Refusal ? { code: error.code } : errorFields(error);
      log.warn({ event: 'not_queued', transfer_id, reason, ...told });
      return false;
    }
  }

  private forgetOld(now: Date): void {
    for (const [id, at] of this.refusedAt) if (now.getTime() - at > REFUSED_PAUSE_MS) this.refusedAt.delete(id);
  }
}
