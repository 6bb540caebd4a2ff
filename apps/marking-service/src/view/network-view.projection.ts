import type { CircuitEvent, EgressEvent, NodeEvent, RecordedEvent } from '@hub-export/contracts';
import { toDomainEvent } from '@hub-export/event-store';
import { type Circuit, circuitDecider, type Egress, egressDecider, nodeDecider } from '@hub-export/transfer-life';
import type { EntityManager } from 'typeorm';
import { CircuitEntity, EgressEntity, NodeEntity } from './view.entity.js';

/** A node's last record says all of it. */
export async function applyNodeEvents(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
  const lines = new Map<string, Pick<NodeEntity, 'node_key' | 'state' | 'version'>>();
  for (const event of events) {
    const fact = toDomainEvent<NodeEvent>(event);
    const state = nodeDecider.evolve(nodeDecider.initialState, fact);
    lines.set(fact.node_key, { node_key: fact.node_key, state, version: event.version });
  }
  if (lines.size > 0) await tx.upsert(NodeEntity, [...lines.values()] as never, ['node_key']);
}

export async function applyCircuitEvents(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
  if (events.length === 0) return;
  const lines = new Map<string, Circuit>();
  for (const { node_key, state } of await tx.find(CircuitEntity)) lines.set(node_key, state);
  for (const event of events) {
    const fact = toDomainEvent<CircuitEvent>(event);
    lines.set(fact.node_key, circuitDecider.evolve(lines.get(fact.node_key) ?? circuitDecider.initialState, fact));
  }
  const rows = [...lines].map(([node_key, state]) => ({ node_key, state }));
  await tx.upsert(CircuitEntity, rows, ['node_key']);
}

export async function applyEgressEvents(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
  const last = events.at(-1);
  if (last === undefined) return;
  const state: Egress = egressDecider.evolve(egressDecider.initialState, toDomainEvent<EgressEvent>(last));
  await tx.upsert(EgressEntity, { only_row: true, state }, ['only_row']);
}
