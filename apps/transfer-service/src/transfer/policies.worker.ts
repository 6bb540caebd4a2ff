import { type QueueReason, systemActor } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { errorFields, type Log } from '@hub-export/http-edge';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { SendingConfig } from '../config.js';
import type { TransferRow } from '../overview/transfer-row.js';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import type { StandingWay } from '../sending/ways.service.js';
import type { CommandContext } from './command-context.js';
import type { Reactions } from './reactions.service.js';
import type { Transfers } from './transfers.service.js';

/** Transfers looked at in one round. */
const ROUND_MAX = 50;
/** A transfer that was looked at in vain is left alone for so long, in milliseconds: it must not starve the others. */
export const LOOK_AGAIN_MS = 30_000;

/**
 * Queues what the policies say: failed transfers when their time has come, marks when they can no longer be undone, and
 * what waits to become eligible, since a node may have changed, or the message of a change may have come too early.
 */
export class QueuePolicies {
  private readonly lookedAt = new Map<string, number>();

  constructor(
    private readonly parts: {
      readonly transfers: Transfers;
      readonly waiting: WaitingTransfers;
      readonly reactions: Reactions;
      readonly clock: Clock;
      readonly log: Log;
    },
    private readonly autoQueue: SendingConfig['autoQueue'],
  ) {}

  async runOnce(standing: readonly StandingWay[]): Promise<{ readonly queued: number }> {
    const { waiting, clock } = this.parts;
    const now = clock.now();
    this.forgetOld(now);
    // Where a way is closed nothing is asked for, so that what waits behind it costs nothing.
    const ways = standing.filter(({ ready }) => ready);
    const calm = ways.filter(({ circuit }) => circuit.status === 'closed');
    const before = new Date(now.getTime() - this.autoQueue.windowMs);
    const due = await waiting.due(now, before);
    let queued = 0;
    if (due.toRetry)
      queued += await this.queueAll(await waiting.toRetry(calm, now, this.resting, ROUND_MAX), 'retry_policy');
    if (due.toAutoQueue && this.autoQueue.on)
      queued += await this.queueAll(await waiting.toAutoQueue(ways, before, this.resting, ROUND_MAX), 'auto_queue');
    if (due.untilEligible)
      for (const { transfer_id } of await waiting.untilEligible(this.resting, ROUND_MAX))
        await this.askAgain(transfer_id);
    return { queued };
  }

  private get resting(): readonly string[] {
    return [...this.lookedAt.keys()];
  }

  private async queueAll(rows: readonly TransferRow[], reason: QueueReason): Promise<number> {
    let queued = 0;
    for (const row of rows) if (await this.queue(row, reason)) queued += 1;
    return queued;
  }

  private async queue({ transfer_id }: TransferRow, reason: QueueReason): Promise<boolean> {
    const { transfers, log } = this.parts;
    try {
      return (await transfers.queue(transfer_id, reason, systemActor(reason), newContext())).events.length > 0;
    } catch (error) {
      // It is not eligible, or a node is not ready: it stays where it is and is asked again later.
      this.letRest(transfer_id);
      const told = error instanceof Refusal ? { code: String(error.code) } : errorFields(error);
      log.warn({ event: 'not_queued', transfer_id, reason, ...told });
      return false;
    }
  }

  private async askAgain(transferId: string): Promise<void> {
    const { reactions, log } = this.parts;
    this.letRest(transferId);
    try {
      await reactions.askAgain(transferId, newContext());
    } catch (error) {
      log.warn({ event: 'not_asked_again', transfer_id: transferId, ...errorFields(error) });
    }
  }

  private letRest(transferId: string): void {
    this.lookedAt.set(transferId, this.parts.clock.now().getTime());
  }

  private forgetOld(now: Date): void {
    for (const [id, at] of this.lookedAt) if (now.getTime() - at > LOOK_AGAIN_MS) this.lookedAt.delete(id);
  }
}

function newContext(): CommandContext {
  return { key: randomUUID(), correlationId: randomUUID(), causationId: null };
}
