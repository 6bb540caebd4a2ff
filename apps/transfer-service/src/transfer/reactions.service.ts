import type { Actor, ResourceEvent } from '@hub-export/contracts';
import { systemActor } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import type { ViewPosition } from '@hub-export/views';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import type { CommandContext } from './command-context.js';
import type { Situations } from './situation.service.js';
import type { Transfers } from './transfers.service.js';
import { whenEligibilityChanged } from './when-eligibility-changed.js';

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
      const transfer = await this.situations.transfer(transfer_id);
      if (transfer.status === 'not_marked') continue;
      const { eligibility } = await this.situations.of(transfer.intent);
      const own = { ...context, key: `${context.key}:${transfer_id}` };
      try {
        await this.react(whenEligibilityChanged(eligibility, transfer), transfer_id, own);
      } catch (error) {
        // It moved on meanwhile, or a node is not ready: the rules' no is the answer here.
        if (!(error instanceof Refusal)) throw error;
      }
    }
  }

  private async react(
    reaction: ReturnType<typeof whenEligibilityChanged>,
    id: string,
    context: CommandContext,
  ): Promise<void> {
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
