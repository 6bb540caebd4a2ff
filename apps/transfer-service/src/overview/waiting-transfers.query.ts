import { type DataSource, In, IsNull, Not } from 'typeorm';
import { transferLease } from '../sending/transfer-lease.js';
import type { SituatedIntent } from '../transfer/situation.service.js';
import type { TransferRow } from './transfer-row.js';
import { TransferRowEntity } from './transfer-row.entity.js';

/** From which site node to which hub: what opens and closes together. */
export interface Way {
  readonly target_node_key: string;
  readonly source_node_key: string;
}

/** A way on which something may be done now. */
export interface OpenedWay extends Way {
  /** Only what was begun before may be asked about; nothing begins. */
  readonly asksOnly: boolean;
}

/** A transfer that may be begun, or taken up where it was left. */
export type WaitingTransfer = SituatedIntent & Pick<TransferRow, 'transfer_id' | 'status'>;

/** Which policies may have something to do. */
export interface DuePolicies {
  readonly toRetry: boolean;
  readonly toAutoQueue: boolean;
  readonly untilEligible: boolean;
}

const UNTIL_ELIGIBLE = `((row.status = 'queued' AND 'ineligible' = ANY (row.held)) OR
  (row.status = 'failed' AND row.failure_class = 'ineligible' AND NOT ('operator' = ANY (row.held))))`;

/**
 * What waits for the sender or for a policy, as the view knows it; decisions are made on the log itself. Each question is
 * `async`, so that a database that is not there yet is a rejection, never an exception of the call.
 */
export class WaitingTransfers {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Queued and not held, or begun by a worker that may be gone, on these ways alone: what waits behind a closed one is
   * not even read, however much it is, and nothing whose lease somebody holds. The ways take turns, each with its highest
   * priority first and within that with what waits longest; a priority says nothing about what waits for another hub.
   *
   * @param perWay of each way no more are told
   */
  async toSend(
    ways: readonly OpenedWay[],
    except: readonly string[],
    perWay: number,
  ): Promise<readonly WaitingTransfer[]> {
    return this.dataSource.query<readonly WaitingTransfer[]>(
      `SELECT waiting.*
       FROM unnest($1::text[], $2::text[], $5::boolean[]) AS way(target, source, asks_only)
       CROSS JOIN LATERAL (
         SELECT first.*, row_number() OVER (ORDER BY priority DESC, since) AS turn
         FROM (SELECT transfer_id, resource_kind, resource_hash, source_node_key, source_center_key, target_node_key,
                 status, since, priority
               FROM transfer.transfers
               WHERE target_node_key = way.target AND source_node_key = way.source
                 AND (status IN ('registering', 'awaiting_media', 'uploading') OR (status = 'queued' AND held = '{}'))
                 AND (NOT way.asks_only OR status IN ('registering', 'uploading'))
                 AND NOT (transfer_id = ANY ($3::uuid[]))
                 AND NOT EXISTS (
                   SELECT FROM log.leases lease WHERE lease.name = $6 || transfer_id
                     AND lease.holder IS NOT NULL AND lease.expires_at > clock_timestamp())
               ORDER BY priority DESC, since LIMIT $4) AS first) AS waiting
       ORDER BY waiting.turn, waiting.since`,
      [
        ways.map(({ target_node_key }) => target_node_key),
        ways.map(({ source_node_key }) => source_node_key),
        except,
        perWay,
        ways.map(({ asksOnly }) => asksOnly),
        transferLease(''),
      ],
    );
  }

  /** Whether a policy has anything to look at, on whatever way: mostly none has, and then this one look is all. */
  async due(now: Date, markedBefore: Date): Promise<DuePolicies> {
    const [due] = await this.dataSource.query<readonly DuePolicies[]>(
      `SELECT
         EXISTS (SELECT FROM transfer.transfers
           WHERE status = 'failed' AND retryable AND not_before <= $1) AS "toRetry",
         EXISTS (SELECT FROM transfer.transfers WHERE status = 'marked' AND marked_at <= $2) AS "toAutoQueue",
         EXISTS (SELECT FROM transfer.transfers AS row WHERE ${UNTIL_ELIGIBLE}) AS "untilEligible"`,
      [now, markedBefore],
    );
    return due ?? { toRetry: false, toAutoQueue: false, untilEligible: false };
  }

  /** What `toSend` would find if every way were open, for those who ask what waits. */
  async underwayOrQueued(limit: number): Promise<readonly TransferRow[]> {
    return this.rows
      .createQueryBuilder('row')
      .where(
        `(row.status IN ('registering', 'awaiting_media', 'uploading') OR (row.status = 'queued' AND row.held = '{}'))`,
      )
      .orderBy('row.priority', 'DESC')
      .addOrderBy('row.since', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** The key of a transfer that this hub took last from this source: it can be asked about, since the hub knows it. */
  async keyKnownTo({ target_node_key, source_node_key }: Way): Promise<string | null> {
    const [row] = await this.rows.find({
      where: { target_node_key, source_node_key, hub_transfer_id: Not(IsNull()) },
      order: { position: 'DESC' },
      take: 1,
    });
    return row?.transfer_key ?? null;
  }

  /** Failed, to be tried again by themselves, and due; without those that were looked at a moment ago. */
  async toRetry(
    ways: readonly Way[],
    now: Date,
    except: readonly string[],
    limit: number,
  ): Promise<readonly TransferRow[]> {
    return this.on(ways, except)
      .andWhere(`row.status = 'failed' AND row.retryable AND NOT ('operator' = ANY (row.held))`)
      .andWhere('row.not_before <= :now', { now })
      .orderBy('row.not_before', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** Marked so long ago that the mark can be acted on; without those that were looked at a moment ago. */
  async toAutoQueue(
    ways: readonly Way[],
    markedBefore: Date,
    except: readonly string[],
    limit: number,
  ): Promise<readonly TransferRow[]> {
    return this.on(ways, except)
      .andWhere(`row.status = 'marked' AND row.marked_at <= :markedBefore`, { markedBefore })
      .orderBy('row.marked_at', 'ASC')
      .limit(limit)
      .getMany();
  }

  /** Held, or failed, because they were not eligible; without those that were looked at a moment ago. */
  async untilEligible(except: readonly string[], limit: number): Promise<readonly TransferRow[]> {
    return this.but(except).andWhere(UNTIL_ELIGIBLE).orderBy('row.since', 'ASC').limit(limit).getMany();
  }

  /** Transfers of a resource whose state may depend on its eligibility. */
  async ofResource(kind: string, hash: string): Promise<readonly TransferRow[]> {
    return this.rows.findBy({
      resource_kind: kind as TransferRow['resource_kind'],
      resource_hash: hash,
      status: In(['queued', 'failed']),
    });
  }

  private on(ways: readonly Way[], except: readonly string[]) {
    const query = this.but(except);
    return query.andWhere(
      `(row.target_node_key, row.source_node_key) IN (SELECT * FROM unnest(CAST(:targets AS text[]), CAST(:sources AS text[])))`,
      {
        targets: ways.map(({ target_node_key }) => target_node_key),
        sources: ways.map(({ source_node_key }) => source_node_key),
      },
    );
  }

  private but(except: readonly string[]) {
    const query = this.rows.createQueryBuilder('row');
    return query.where('NOT (row.transfer_id = ANY (CAST(:except AS uuid[])))', { except: [...except] });
  }

  private get rows() {
    return this.dataSource.getRepository(TransferRowEntity);
  }
}
