import {
  CIRCUIT_EVENTS,
  type CircuitEvent,
  NODE_EVENTS,
  type NodeEvent,
  type RecordedEvent,
  TRANSFER_EVENTS,
  type TransferEvent,
} from '@hub-export/contracts';
import { emptyTable, type Projection, toDomainEvent } from '@hub-export/event-store';
import { type Circuit, circuitDecider } from '@hub-export/transfer-life';
import type { EntityManager } from 'typeorm';
import { NodeRowEntity } from '../node/node-row.entity.js';
import { CircuitRowEntity } from '../sending/circuit-row.entity.js';
import { evolveRow, type TransferRow } from './transfer-row.js';
import { TransferRowEntity } from './transfer-row.entity.js';

/** Keeps the service's own view of transfers and nodes, in the same database as the log. */
export class OverviewProjection implements Projection {
  readonly name = 'transfer.overview';

  async reset(tx: EntityManager): Promise<void> {
    for (const table of ['transfers', 'nodes', 'circuits']) await emptyTable(tx, `transfer.${table}`);
  }

  async apply(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
    await this.applyTransfers(
      events.filter(({ type }) => type in TRANSFER_EVENTS),
      tx,
    );
    await this.applyNodes(
      events.filter(({ type }) => type in NODE_EVENTS),
      tx,
    );
    await this.applyCircuits(
      events.filter(({ type }) => type in CIRCUIT_EVENTS),
      tx,
    );
  }

  private async applyTransfers(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
    if (events.length === 0) return;
    const ids = [...new Set(events.map(transferIdOf))];
    const known = await tx.query<readonly { readonly row: TransferRow }[]>(
      'SELECT to_json(known) AS row FROM transfer.transfers AS known WHERE transfer_id = ANY ($1::uuid[])',
      [ids],
    );
    const rows = new Map(known.map(({ row }) => [row.transfer_id, row]));
    for (const recorded of events) {
      const id = transferIdOf(recorded);
      const row = evolveRow(rows.get(id) ?? null, toDomainEvent<TransferEvent>(recorded), recorded);
      if (row !== null) rows.set(id, row);
    }
    await tx.query(upsertOf(tx), [JSON.stringify([...rows.values()])]);
  }

  private async applyNodes(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
    if (events.length === 0) return;
    const rows = new Map<string, NodeRowEntity>();
    for (const recorded of events) {
      const { type: _type, at, by: _by, ...facts } = toDomainEvent<NodeEvent>(recorded);
      rows.set(facts.node_key, { node_key: facts.node_key, version: recorded.version, since: new Date(at), facts });
    }
    await tx.upsert(NodeRowEntity, [...rows.values()], ['node_key']);
  }

  private async applyCircuits(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
    if (events.length === 0) return;
    const known = await tx.find(CircuitRowEntity);
    const states = new Map<string, Circuit>(known.map(({ node_key, state }) => [node_key, state]));
    for (const recorded of events) {
      const event = toDomainEvent<CircuitEvent>(recorded);
      const state = states.get(event.node_key) ?? circuitDecider.initialState;
      states.set(event.node_key, circuitDecider.evolve(state, event));
    }
    const rows = [...states].map(([node_key, state]) => ({ node_key, state }));
    await tx.upsert(CircuitRowEntity, rows, ['node_key']);
  }
}

function transferIdOf({ streamId }: RecordedEvent): string {
  return streamId.slice('transfer-'.length);
}

/** All rows in one parameter: a statement with one for each value is made and read anew for every number of rows. */
function upsertOf(tx: EntityManager): string {
  const columns = tx.connection.getMetadata(TransferRowEntity).columns.map(({ databaseName }) => `"${databaseName}"`);
  return `INSERT INTO transfer.transfers (${columns.join()})
    SELECT ${columns.join()} FROM json_populate_recordset(NULL::transfer.transfers, $1)
    ON CONFLICT (transfer_id) DO UPDATE
      SET (${columns.join()}) = ROW(${columns.map((column) => `excluded.${column}`).join()})`;
}
