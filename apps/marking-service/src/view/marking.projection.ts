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
  /** A life within one batch is written once; two batches of events and lines fit into some tens of megabytes. */
  readonly rebuildBatch = 6_000;

  async reset(tx: EntityManager): Promise<void> {
    for (const table of ['resources', 'resource_states', 'transfers', 'nodes', 'circuits', 'egress'])
      await emptyTable(tx, `marking.${table}`);
  }

  async apply(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
    const { resources, transfers, nodes, circuits, egress } = byKind(events);
    const reported = new Set(resources.filter(({ version }) => version === 1).map(({ streamId }) => streamId));
    // Before the resources, whose lines tell how it stands with their transfers.
    const standings = await applyTransferEvents(transfers, reported, tx);
    await applyResourceEvents(resources, standings, tx);
    await applyNodeEvents(nodes, tx);
    await applyCircuitEvents(circuits, tx);
    await applyEgressEvents(egress, tx);
  }
}

const TYPES = {
  resources: RESOURCE_EVENTS,
  transfers: TRANSFER_EVENTS,
  nodes: NODE_EVENTS,
  circuits: CIRCUIT_EVENTS,
  egress: EGRESS_EVENTS,
} as const;
type Kind = keyof typeof TYPES;
const KIND_OF: ReadonlyMap<string, Kind> = new Map(
  Object.entries(TYPES).flatMap(([kind, types]) => Object.keys(types).map((type) => [type, kind as Kind])),
);

/** Events by the view that shows them, in order; those that none shows are left out. */
function byKind(events: readonly RecordedEvent[]): Readonly<Record<Kind, readonly RecordedEvent[]>> {
  const kinds: Record<Kind, RecordedEvent[]> = { resources: [], transfers: [], nodes: [], circuits: [], egress: [] };
  for (const event of events) {
    const kind = KIND_OF.get(event.type);
    if (kind !== undefined) kinds[kind].push(event);
  }
  return kinds;
}
