import type { Circuit } from '@hub-export/transfer-life';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How it stands with each hub; only the projection writes it. No line means that it was never in trouble. */
@Entity({ schema: 'transfer', name: 'circuits' })
export class CircuitRowEntity {
  @PrimaryColumn('text')
  readonly node_key: string;

  @Column('jsonb')
  readonly state: Circuit;
}
