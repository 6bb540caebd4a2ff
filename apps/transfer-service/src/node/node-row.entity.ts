import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { NodeFacts } from '@hub-export/contracts';

/** The nodes as they are configured now; only the projection writes it. */
@Entity({ schema: 'transfer', name: 'nodes' })
export class NodeRowEntity {
  @PrimaryColumn('text')
  readonly node_key: string;

  /** The version of the node's stream, for decisions that rely on it. */
  @Column('integer')
  readonly version: number;

  @Column('timestamptz')
  readonly since: Date;

  @Column('jsonb')
  readonly facts: NodeFacts;
}
