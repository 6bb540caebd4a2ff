import type { CommandRefused } from '@hub-export/contracts';
import { type EventStore, recordRefusal } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import type { Clock } from '../edge/clock.js';
import type { Order } from '../edge/order.js';

export type RefusedCommand = Omit<CommandRefused, 'type' | 'at' | 'by'>;

/** Keeps what was refused, once for each command: the audit must know what was not done. */
export class Refusals {
  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Records it and says where; null where that failed. The refusal has been decided and is answered anyway, so a failure
   * here is told to the log and hides nothing.
   */
  async record(refused: RefusedCommand, key: string, order: Order): Promise<number | null> {
    const { by, correlationId, causationId } = order;
    try {
      const event = { type: 'CommandRefused', at: this.clock(), by: { ...by }, ...refused } as const;
      return await recordRefusal(this.store, event, { key, correlationId, causationId });
    } catch (error) {
      const { code, command } = refused;
      this.log.error({ event: 'refusal_not_recorded', code, command, ...errorFields(error) });
      return null;
    }
  }
}
