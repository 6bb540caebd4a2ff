import type { Actor, ResourceEvent } from '@hub-export/contracts';
import { systemActor } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import type { ViewPosition } from '@hub-export/service-runtime';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import type { CommandContext } from './command-context.js';
import type { Situations } from './situation.service.js';
import type { Transfers } from './transfers.service.js';
import { type EligibilityReaction, whenEligibilityChanged } from './when-eligibility-changed.js';

const BY: Actor = systemActor('eligibility');

/** What follows here from facts of the marking-service. */
export class Reactions {
  constructor(
    private readonly waiting: WaitingTransfers,
    private readonly situations: Situations,
    private readonly transfers: Transfers,
    private readonly view: ViewPosition,
  ) {}

  /**
   * Asks anew how each waiting transfer of the resource stands; the event only says that it is time to ask.
   * @param position the event's place in the log: a view that is behind it could miss a transfer queued just before.
   * @throws {Problem} 503 `position_not_reached`; then the event must be handled again.
   */
  async resourceChanged(event: ResourceEvent, position: number, context: CommandContext): Promise<void> {
    const { resource_kind, resource_hash } = event;
    await this.view.require(position);
    for (const { transfer_id } of await this.waiting.ofResource(resource_kind, resource_hash)) {
      await this.askAgain(transfer_id, { ...context, key: `${context.key}:${transfer_id}` });
    }
  }

  /** Holds, releases or queues a waiting transfer, by what its resource and its nodes are now. */
  async askAgain(transferId: string, context: CommandContext): Promise<void> {
    const transfer = await this.situations.transfer(transferId);
    if (transfer.status === 'not_marked') return;
    const { eligibility } = await this.situations.standing(transfer.intent);
    const reaction = whenEligibilityChanged(eligibility, transfer);
    try {
      // Handled again, an event may lead to another reaction than before; each is a command of its own.
      await this.react(reaction, transferId, { ...context, key: `${context.key}:${reaction}` });
    } catch (error) {
      // It moved on meanwhile, or a node is not ready: the rules' no is the answer here.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private async react(reaction: EligibilityReaction, id: string, context: CommandContext): Promise<void> {
    switch (reaction) {
      case 'hold':
        await this.transfers.hold(id, 'ineligible', BY, context);
        return;
      case 'release':
        await this.transfers.release(id, 'ineligible', BY, context);
        return;
      case 'queue_again':
        await this.transfers.queue(id, 'eligible_again', BY, context);
        return;
      case 'nothing':
    }
  }
}
