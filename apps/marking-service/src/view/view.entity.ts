import type { Actor, ResourceKind, TransferStatus } from '@hub-export/contracts';
import type { Circuit, Egress, NetworkNode } from '@hub-export/transfer-life';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { KnownResource, ResourceColumns } from './resource-row.js';
import type { LivingTransfer, TransferColumns, TransferMemory } from './transfer-row.js';

/** Numbers of the log and of the site stay below 2^53; the driver gives a bigint as text. */
const asNumber = { from: (text: string): number => Number(text), to: (value: number): number => value };

/** Moments as ISO 8601 text in UTC, as the events have them. */
const asIso = { from: (moment: Date): string => moment.toISOString(), to: (text: string): string => text };
const asIsoOrNull = {
  from: (moment: Date | null): string | null => moment?.toISOString() ?? null,
  to: (text: string | null): string | null => text,
};

/** `marking.resources`; see `ResourceColumns`. */
@Entity({ schema: 'marking', name: 'resources' })
export class ResourceEntity implements ResourceColumns {
  @PrimaryColumn('text')
  resource_kind: ResourceKind;

  @PrimaryColumn('text')
  resource_hash: string;

  @Column('boolean')
  present: boolean;

  @Column('bigint', { transformer: asNumber })
  number: number;

  @Column('timestamptz', { transformer: asIso })
  created_at: string;

  @Column('text', { nullable: true })
  center_key: string | null;

  @Column('text', { nullable: true })
  center_name: string | null;

  @Column('text', { nullable: true })
  file_name: string | null;

  @Column('integer', { nullable: true })
  exam_year: number | null;

  @Column('text', { nullable: true })
  age_band: string | null;

  @Column('text', { nullable: true })
  gender: string | null;

  @Column('text')
  anonymization_state: string;

  @Column('boolean')
  exportable: boolean;

  @Column('boolean')
  pseudonyms: boolean;

  @Column('text', { nullable: true })
  examination_hash: string | null;

  @Column('bigint', { transformer: asNumber })
  position: number;
}

/** `marking.resource_states`: what is known of a resource, as its life has it. */
@Entity({ schema: 'marking', name: 'resource_states' })
export class ResourceStateEntity {
  @PrimaryColumn('text')
  resource_kind: ResourceKind;

  @PrimaryColumn('text')
  resource_hash: string;

  @Column('jsonb')
  state: KnownResource;
}

/** `marking.transfers`; see `TransferColumns`. */
@Entity({ schema: 'marking', name: 'transfers' })
export class TransferEntity implements TransferColumns {
  @PrimaryColumn('uuid')
  transfer_id: string;

  @Column('text')
  target_node_key: string;

  @Column('text')
  resource_kind: ResourceKind;

  @Column('text')
  resource_hash: string;

  @Column('text')
  status: TransferStatus;

  @Column('jsonb')
  state: LivingTransfer;

  @Column('jsonb')
  marked_by: Actor;

  @Column('timestamptz', { transformer: asIso })
  marked_at: string;

  @Column('timestamptz', { transformer: asIsoOrNull, nullable: true })
  queued_at: string | null;

  @Column('jsonb', { nullable: true })
  last_failure: TransferMemory['last_failure'];
}

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

export const VIEW_ENTITIES = [
  ResourceEntity,
  ResourceStateEntity,
  TransferEntity,
  NodeEntity,
  CircuitEntity,
  EgressEntity,
];
