import type { Circuit, Egress, NetworkNode } from '@hub-export/transfer-life';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Numbers of the log stay below 2^53; the driver gives a bigint as text. */
const asNumber = { from: (text: string): number => Number(text), to: (value: number): number => value };

/** `marking.nodes`: the network nodes as recorded. */
@Entity({ schema: 'marking', name: 'nodes' })
export class NodeEntity {
  @PrimaryColumn('text')
  node_key: string;

  @Column('jsonb')
  state: NetworkNode;

  /** Of the node's stream. */
  @Column('bigint', { transformer: asNumber })
  version: number;
}

/** `marking.circuits`: how it stands with each hub; no line means that it was never in trouble. */
@Entity({ schema: 'marking', name: 'circuits' })
export class CircuitEntity {
  @PrimaryColumn('text')
  node_key: string;

  @Column('jsonb')
  state: Circuit;
}

/** `marking.egress`: the switch; no line means that nobody ever touched it. */
@Entity({ schema: 'marking', name: 'egress' })
export class EgressEntity {
  @PrimaryColumn('boolean')
  only_row: boolean;

  @Column('jsonb')
  state: Egress;
}

export const VIEW_ENTITIES = [NodeEntity, CircuitEntity, EgressEntity];
