import { randomUUID } from 'node:crypto';
import { type CommandRefused, documentDigest, type JsonObject, refusalStream } from '@hub-export/contracts';
import type { EventStore } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import { v5 as uuidV5 } from 'uuid';
import type { Clock } from '../edge/clock.js';
import type { Order } from '../edge/order.js';

/** The namespace of refusal ids; with another one a repeated command would record its refusal twice. */
const REFUSAL_NAMESPACE = '2f6f3c4c-52a5-5a5e-9a6b-0d3f4f0c8a72';

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
    try {
      const result = await this.store.append({
        streamId: refusalStream(uuidV5(key, REFUSAL_NAMESPACE)),
        expectedVersion: 0,
        events: [{ id: randomUUID(), type: 'CommandRefused', data: this.dataOf(refused, order) }],
        command: { key: `${key}.refused`, digest: documentDigest(refused) },
        correlationId: order.correlationId,
        causationId: order.causationId,
      });
      return result.outcome === 'appended' || result.outcome === 'repeated' ? result.position : null;
    } catch (error) {
      this.log.error({
        event: 'refusal_not_recorded',
        code: refused.code,
        command: refused.command,
        ...errorFields(error),
      });
      return null;
    }
  }

  private dataOf(refused: RefusedCommand, { by }: Order): JsonObject {
    return { ...refused, at: this.clock(), by: { ...by } };
  }
}
