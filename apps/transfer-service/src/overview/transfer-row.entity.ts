import type { HoldReason, ResourceKind, TransferStatus } from '@hub-export/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LocalMedia, TransferRow } from './transfer-row.js';

const bigint = { type: 'bigint', transformer: { to: (value: unknown) => value, from: toNumber } } as const;
const moment = {
  type: 'timestamptz',
  nullable: true,
  transformer: { to: (value: unknown) => value, from: toIso },
} as const;
const text = { type: 'text', nullable: true } as const;

/** The table behind lists and the sender's search; only the projection writes it. */
@Entity({ schema: 'transfer', name: 'transfers' })
export class TransferRowEntity implements TransferRow {
  @PrimaryColumn('uuid')
  readonly transfer_id: string;

  @Column('text')
  readonly transfer_key: string;

  @Column('text')
  readonly resource_kind: ResourceKind;

  @Column('text')
  readonly resource_hash: string;

  @Column('text')
  readonly source_node_key: string;

  @Column('text')
  readonly source_center_key: string;

  @Column('text')
  readonly target_node_key: string;

  @Column('text')
  readonly status: TransferStatus;

  @Column({ ...moment, nullable: false })
  readonly since: string;

  @Column(bigint)
  readonly position: number;

  @Column(moment)
  readonly marked_at: string | null;

  @Column(text)
  readonly marked_by: string | null;

  @Column(moment)
  readonly queued_at: string | null;

  @Column('smallint')
  readonly priority: number;

  @Column('integer')
  readonly attempts: number;

  @Column('text', { array: true })
  readonly held: HoldReason[];

  @Column(text)
  readonly media_sha256: string | null;

  @Column({ ...bigint, nullable: true })
  readonly media_size: number | null;

  @Column(text)
  readonly failure_stage: string | null;

  @Column(text)
  readonly failure_class: string | null;

  @Column(text)
  readonly failure_code: string | null;

  @Column('boolean')
  readonly retryable: boolean;

  @Column('boolean')
  readonly retries_exhausted: boolean;

  @Column(moment)
  readonly not_before: string | null;

  @Column(text)
  readonly hub_transfer_id: string | null;

  @Column(moment)
  readonly completed_at: string | null;

  @Column(text)
  readonly local_media: LocalMedia | null;
}

function toNumber(value: string | null): number | null {
  return value === null ? null : Number(value);
}

function toIso(value: Date | null): string | null {
  return value === null ? null : value.toISOString();
}
