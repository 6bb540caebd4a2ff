import type { Actor, QueueReason } from '@hub-export/contracts';
import { EVENT_STORE, type EventStore, KeyReused, recordRefusal, VersionConflict } from '@hub-export/event-store';
import { Refusal } from '@hub-export/event-sourcing';
import { errorFields, LOG, type Log } from '@hub-export/http-edge';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../clock.js';
import { WakeUp } from '../sending/wake-up.service.js';
import type { CommandContext } from './command-context.js';
import { Situations } from './situation.service.js';
import type { TransferResult } from './transfers.dto.js';
import { type TransferOutcome, Transfers } from './transfers.service.js';

export type TransferAct = 'queue' | 'retry' | 'hold' | 'release';

/** Who orders it, whose transfers they may touch, and how the command of each transfer is named. */
export interface TransferOrder {
  readonly act: TransferAct;
  /** Of those that it queues, where it says one. */
  readonly priority?: number;
  readonly by: Actor;
  readonly centers: readonly string[] | 'all';
  readonly contextOf: (transferId: string) => CommandContext;
}

/** Orders are worked on this many at a time, so that the log commits them together. */
const AT_ONCE = 16;

const DONE = { queue: 'queued', retry: 'queued', hold: 'held', release: 'released' } as const;

/** Bulk is repeated single changes: each transfer's order succeeds or is refused alone. */
@Injectable()
export class TransferOrders {
  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
    private readonly transfers: Transfers,
    private readonly situations: Situations,
    private readonly wakeUp: WakeUp,
  ) {}

  async give(order: TransferOrder, transferIds: readonly string[]) {
    const outcomes: { result: TransferResult; position: number }[] = [];
    for (let from = 0; from < transferIds.length; from += AT_ONCE) {
      const group = transferIds.slice(from, from + AT_ONCE);
      outcomes.push(...(await Promise.all(group.map((id) => this.giveOne(order, id)))));
    }
    this.wakeUp.ring();
    return {
      results: outcomes.map(({ result }) => result),
      position: Math.max(0, ...outcomes.map(({ position }) => position)),
    };
  }

  private async giveOne(
    order: TransferOrder,
    transfer_id: string,
  ): Promise<{ result: TransferResult; position: number }> {
    const context = order.contextOf(transfer_id);
    try {
      await this.requireVisible(order, transfer_id);
      const done = await this.act(order, transfer_id, context);
      const outcome = done.events.length > 0 ? DONE[order.act] : 'unchanged';
      return { result: { transfer_id, outcome }, position: done.position };
    } catch (error) {
      const refused = refusalOf(error);
      const position = await this.recordRefused(order, transfer_id, refused, context);
      return { result: { transfer_id, outcome: 'refused', code: refused.code, detail: refused.message }, position };
    }
  }

  private act({ act, by, priority }: TransferOrder, id: string, context: CommandContext): Promise<TransferOutcome> {
    const reason: QueueReason = 'operator';
    switch (act) {
      case 'queue':
      case 'retry':
        return this.transfers.queue(id, reason, by, context, priority);
      case 'hold':
        return this.transfers.hold(id, reason, by, context);
      case 'release':
        return this.transfers.release(id, reason, by, context);
    }
  }

  /** A foreign center's transfer is answered as one that is not known. */
  private async requireVisible({ act, centers }: TransferOrder, transferId: string): Promise<void> {
    const { transfer, version } = await this.situations.transferWithVersion(transferId);
    const isForeign =
      centers !== 'all' && (transfer.status === 'not_marked' || !centers.includes(transfer.intent.source_center_key));
    if (version === 0 || isForeign) throw new Refusal('unknown_transfer', 'No such transfer is known.');
    if (act === 'retry' && transfer.status === 'marked') {
      throw new Refusal('not_failed', 'It was never queued, so there is nothing to retry.');
    }
  }

  /** The answer is given anyway, so a failure to record it is told to the log and hides nothing. */
  private async recordRefused(
    order: TransferOrder,
    transferId: string,
    { code }: Refusal,
    context: CommandContext,
  ): Promise<number> {
    const known = await this.situations.transfer(transferId);
    const intent = known.status === 'not_marked' ? null : known.intent;
    try {
      const position = await recordRefusal(
        this.events,
        {
          type: 'CommandRefused',
          at: this.clock.now().toISOString(),
          by: order.by,
          command: order.act,
          code,
          resource_kind: intent?.resource_kind ?? null,
          resource_hash: intent?.resource_hash ?? null,
          target_node_key: intent?.target_node_key ?? null,
          transfer_id: transferId,
        },
        context,
      );
      return position ?? 0;
    } catch (error) {
      this.log.error({ event: 'refusal_not_recorded', code, command: order.act, ...errorFields(error) });
      return 0;
    }
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error as Refusal;
  if (error instanceof KeyReused) return new Refusal('idempotency_key_reused', error.message);
  // Others kept changing it: this transfer's order is not done, which must not hide what was done with the others.
  if (error instanceof VersionConflict) return new Refusal('version_conflict', 'It changed meanwhile; try again.');
  throw error;
}
