import { type Actor, EGRESS_STREAM } from '@hub-export/contracts';
import { EVENT_STORE, type EventStore, handle, type Handled, load } from '@hub-export/event-store';
import type { EgressEvent } from '@hub-export/contracts';
import { type Egress, type EgressCommand, egressDecider } from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../clock.js';
import type { CommandContext } from '../transfer/command-context.js';

/** The switch that keeps everything in the house. Its state is a fact of the log, so it survives restarts. */
@Injectable()
export class EgressSwitch {
  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async state(): Promise<Egress> {
    return (await load(this.events, egressDecider, EGRESS_STREAM)).state;
  }

  turn(type: EgressCommand['type'], by: Actor, context: CommandContext): Promise<Handled<Egress, EgressEvent>> {
    const command = { type, at: this.clock.now().toISOString(), by };
    return handle(this.events, egressDecider, EGRESS_STREAM, command, { ...context, digest: type });
  }
}
