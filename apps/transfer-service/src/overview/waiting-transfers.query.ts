import { type DataSource, In } from 'typeorm';
import type { TransferRow } from './transfer-row.js';
import { TransferRowEntity } from './transfer-row.entity.js';

/**
 * What waits for the sender or for a policy, as the view knows it; decisions are made on the log itself. Each question is
 * `async`, so that a database that is not there yet is a rejection, never an exception of the call.
 */
export class WaitingTransfers {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Queued and not held, or begun by a worker that may be gone. The hubs take turns, each with what waits longest: one
   * that takes nothing at the moment must not keep the others' transfers out of the round.
   */
  async toSend(limit: number): Promise<readonly TransferRow[]> {
    const waiting = await this.dataSource.query<readonly { transfer_id: string }[]>(
      `SELECT transfer_id
       FROM (SELECT transfer_id, since, row_number() OVER (PARTITION BY target_node_key ORDER BY since) AS turn
             FROM transfer.transfers
             WHERE status IN ('registering', 'awaiting_media', 'uploading') OR (status = 'queued' AND held = '{}')) AS hub
       ORDER BY turn, since
       LIMIT $1`,
      [limit],
    );
    const ids = waiting.map(({ transfer_id }) => transfer_id);
    const rows = new Map((await this.rows.findBy({ transfer_id: In(ids) })).map((row) => [row.transfer_id, row]));
    return ids.flatMap((id) => rows.get(id) ?? []);
  }

  /** Failed, to be tried again by themselves, and due; without those that were looked at a moment ago. */
  async toRetry(now: Date, except: readonly string[], limit: number): Promise<readonly TransferRow[]> {
    return this.but(except)
      .andWhere(`row.status = 'failed' AND row.retryable AND NOT ('operator' = ANY (row.held))`)
      .andWhere('row.not_before <= :now', { now })
      .orderBy('row.not_before', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** Marked so long ago that the mark can be acted on; without those that were looked at a moment ago. */
  async toAutoQueue(markedBefore: Date, except: readonly string[], limit: number): Promise<readonly TransferRow[]> {
    return this.but(except)
      .andWhere(`row.status = 'marked' AND row.marked_at <= :markedBefore`, { markedBefore })
      .orderBy('row.marked_at', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** Held, or failed, because they were not eligible; without those that were looked at a moment ago. */
  async untilEligible(except: readonly string[], limit: number): Promise<readonly TransferRow[]> {
    return this.but(except)
      .andWhere(
        `((row.status = 'queued' AND 'ineligible' = ANY (row.held)) OR
          (row.status = 'failed' AND row.failure_class = 'ineligible' AND NOT ('operator' = ANY (row.held))))`,
      )
      .orderBy('row.since', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** Transfers of a resource whose state may depend on its eligibility. */
  async ofResource(kind: string, hash: string): Promise<readonly TransferRow[]> {
    return this.rows.findBy({
      resource_kind: kind as TransferRow['resource_kind'],
      resource_hash: hash,
      status: In(['queued', 'failed']),
    });
  }

  private but(except: readonly string[]) {
    const query = this.rows.createQueryBuilder('row');
    return query.where('NOT (row.transfer_id = ANY (CAST(:except AS uuid[])))', { except: [...except] });
  }

  private get rows() {
    return this.dataSource.getRepository(TransferRowEntity);
  }
}
