import {
  CIRCUIT_EVENTS,
  EGRESS_EVENTS,
  NODE_EVENTS,
  type RecordedEvent,
  RESOURCE_EVENTS,
  TRANSFER_EVENTS,
} from '@hub-export/contracts';
import { emptyTable, type Projection } from '@hub-export/event-store';
import type { EntityManager } from 'typeorm';
import { applyCircuitEvents, applyEgressEvents, applyNodeEvents } from './network-view.projection.js';
import { applyResourceEvents } from './resource-view.projection.js';
import { applyTransferEvents } from './transfer-view.projection.js';

/** All views of marking-service as one, so that a reader sees resources, transfers and nodes at one place of the log. */
export class MarkingProjection implements Projection {
  readonly name = 'marking';
  /** A life within one batch is written once; two batches of events and lines fit into some megabytes. */
  readonly rebuildBatch = 2_000;

  async reset(tx: EntityManager): Promise<void> {
    for (const table of ['resources', 'resource_states', 'transfers', 'nodes', 'circuits', 'egress'])
      await emptyTable(tx, `marking.${table}`);
  }

  async apply(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
    const of = (types: object): readonly RecordedEvent[] => events.filter(({ type }) => Object.hasOwn(types, type));
    const resources = of(RESOURCE_EVENTS);
    const reported = new Set(resources.filter(({ version }) => version === 1).map(({ streamId }) => streamId));
    // Before the resources, whose lines tell how it stands with their transfers.
    const standings = await applyTransferEvents(of(TRANSFER_EVENTS), reported, tx);
    await applyResourceEvents(resources, standings, tx);
    await applyNodeEvents(of(NODE_EVENTS), tx);
    await applyCircuitEvents(of(CIRCUIT_EVENTS), tx);
    await applyEgressEvents(of(EGRESS_EVENTS), tx);
  }
}
