import { DataSource, In, LessThanOrEqual } from 'typeorm';
import type { TransferRow } from './transfer-row.js';
import { TransferRowEntity } from './transfer-row.entity.js';

/** What waits for the sender or for a policy, as the view knows it; decisions are made on the log itself. */
export class WaitingTransfers {
  constructor(private readonly dataSource: DataSource) {}

  /** Queued and not held, or begun by a worker that may be gone; the longest waiting first. */
  toSend(limit: number): Promise<readonly TransferRow[]> {
    return this.rows
      .createQueryBuilder('row')
      .where(
        `row.status IN ('registering', 'awaiting_media', 'uploading') OR (row.status = 'queued' AND row.held = '{}')`,
      )
      .orderBy('row.since', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** Failed, to be tried again by themselves, and due. */
  toRetry(now: Date, limit: number): Promise<readonly TransferRow[]> {
    return this.rows
      .createQueryBuilder('row')
      .where(`row.status = 'failed' AND row.retryable AND NOT ('operator' = ANY (row.held))`)
      .andWhere('row.not_before <= :now', { now })
      .orderBy('row.not_before', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** Marked so long ago that the mark can be acted on. */
  toAutoQueue(markedBefore: Date, limit: number): Promise<readonly TransferRow[]> {
    return this.rows.find({
      where: { status: 'marked', marked_at: LessThanOrEqual(markedBefore.toISOString()) },
      order: { marked_at: 'ASC' },
      take: limit,
    });
  }

  /** Transfers of a resource whose state may depend on its eligibility. */
  ofResource(kind: string, hash: string): Promise<readonly TransferRow[]> {
    return this.rows.findBy({
      resource_kind: kind as TransferRow['resource_kind'],
      resource_hash: hash,
      status: In(['queued', 'failed']),
    });
  }

  private get rows() {
    return this.dataSource.getRepository(TransferRowEntity);
  }
}
