import type { Actor, ResourceEvent } from '@hub-export/contracts';
import { systemActor } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
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
  ) {}

  /** Asks anew how each waiting transfer of the resource stands; the event only says that it is time to ask. */
  async resourceChanged({ resource_kind, resource_hash }: ResourceEvent, context: CommandContext): Promise<void> {
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

  private async react(reaction: ReturnType<typeof whenEligibilityChanged>, id: string, context: CommandContext): Promise<void> {
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
