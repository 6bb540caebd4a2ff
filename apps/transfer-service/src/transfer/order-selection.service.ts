import { canonicalJson, type JsonObject, type JsonValue } from '@hub-export/contracts';
import { DOCUMENT_STORE, type DocumentStore, EVENT_STORE, type EventStore } from '@hub-export/event-store';
import { Problem } from '@hub-export/http-edge';
import { Inject, Injectable } from '@nestjs/common';
import { TransferLists } from '../overview/transfer-list.query.js';
import type { CommandContext } from './command-context.js';
import type { TransferAct } from './transfer-orders.service.js';
import { type TransferFilter, TRANSFERS_PER_COMMAND_MAX } from './transfers.dto.js';

/** Whom an order by filter is for. */
export interface OrderSelection {
  readonly transfer_ids: readonly string[];
  /** How many more the order would have applied to. */
  readonly remaining: number;
}

/**
 * Picks the transfers that an order by filter is for: those to which it applies, the oldest first. What was picked is
 * kept under the order's idempotency key, so that the same order said again is for the same transfers.
 */
@Injectable()
export class OrderSelections {
  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    @Inject(DOCUMENT_STORE) private readonly documents: DocumentStore,
    private readonly lists: TransferLists,
  ) {}

  /** @throws {Problem} 409 `idempotency_key_reused` where the key was given to another order. */
  async select(
    order: { readonly act: TransferAct; readonly priority?: number },
    filter: TransferFilter,
    centers: readonly string[] | 'all',
    context: CommandContext,
  ): Promise<OrderSelection> {
    const asked = { ...order, filter: { ...filter } } as unknown as JsonObject;
    const known = await this.recall(context.key);
    if (known !== null) return sameOrder(known, asked);
    const { rows, count } = await this.lists.applicable(order.act, filter, centers, TRANSFERS_PER_COMMAND_MAX);
    const transfer_ids = rows.map(({ transfer_id }) => transfer_id);
    const selection = { ...asked, transfer_ids, remaining: count - transfer_ids.length };
    const result = await this.events.append({
      // A command without events: only its key and the digest of what was picked are kept.
      streamId: `order-${context.key}`,
      expectedVersion: 0,
      events: [],
      command: { key: context.key, digest: await this.documents.put(selection) },
      correlationId: context.correlationId,
      causationId: context.causationId,
    });
    if (result.outcome === 'appended' || result.outcome === 'repeated') return sameOrder(selection, asked);
    // The same order at the same moment was first.
    const first = await this.recall(context.key);
    if (first === null) throw new Error('An order that was kept cannot be found.');
    return sameOrder(first, asked);
  }

  private async recall(key: string): Promise<JsonValue | null> {
    const known = await this.events.findCommand(key);
    return known === null ? null : this.documents.get(known.digest);
  }
}

function sameOrder(kept: JsonValue, asked: JsonObject): OrderSelection {
  const { transfer_ids, remaining, ...order } = kept as JsonObject;
  if (canonicalJson(order) !== canonicalJson(asked)) {
    throw new Problem(409, 'idempotency_key_reused', 'This idempotency key was used for another order.');
  }
  return { transfer_ids: transfer_ids as readonly string[], remaining: Number(remaining) };
}
