import { type Page, parseCursor, pageOf } from '@hub-export/http-edge';
import { type DataSource, type FindOptionsWhere, In, LessThan } from 'typeorm';
import type { TransferFilter, TransferQuery } from '../transfer/transfers.dto.js';
import type { TransferAct } from '../transfer/transfer-orders.service.js';
import type { TransferRow } from './transfer-row.js';
import { TransferRowEntity } from './transfer-row.entity.js';

/** Lists of transfers, the newest change first. The center scope is part of every query. */
export class TransferLists {
  constructor(private readonly dataSource: DataSource) {}

  async page(query: TransferQuery, centers: readonly string[] | 'all'): Promise<Page<TransferRow>> {
    const [before] = parseCursor(query.cursor, ['number']) ?? [];
    const rows = await this.rows.find({
      where: { ...conditions(query, centers), ...(before === undefined ? {} : { position: LessThan(before) }) },
      order: { position: 'DESC' },
      take: query.limit + 1,
    });
    return pageOf(
      rows,
      query.limit,
      ({ position }) => [position],
      (row) => row,
    );
  }

  /** At most `limit` transfers that a filter finds and an order applies to, and how many there are of them. */
  async applicable(
    act: TransferAct,
    filter: TransferFilter,
    centers: readonly string[] | 'all',
    limit: number,
  ): Promise<{ readonly rows: readonly TransferRow[]; readonly count: number }> {
    const query = this.rows.createQueryBuilder('row').where(conditions(filter, centers)).andWhere(APPLIES[act]);
    const [rows, count] = await query.orderBy('row.position', 'ASC').take(limit).getManyAndCount();
    return { rows, count };
  }

  /** `null` where it is not known, or belongs to a center that the caller does not see. */
  async one(transfer_id: string, centers: readonly string[] | 'all'): Promise<TransferRow | null> {
    return this.rows.findOneBy({ ...conditions({}, centers), transfer_id });
  }

  async countByStatus(): Promise<Readonly<Record<string, number>>> {
    const counts = await this.rows
      .createQueryBuilder('row')
      .select('row.status', 'status')
      .addSelect('count(*)', 'count')
      .groupBy('row.status')
      .getRawMany<{ status: string; count: string }>();
    return Object.fromEntries(counts.map(({ status, count }) => [status, Number(count)]));
  }

  private get rows() {
    return this.dataSource.getRepository(TransferRowEntity);
  }
}

/** Which transfers an order can do something about; the rules have the last word on each. */
const APPLIES: Readonly<Record<TransferAct, string>> = {
  queue: `row.status IN ('marked', 'failed')`,
  retry: `row.status = 'failed'`,
  hold: `row.status IN ('queued', 'failed') AND NOT ('operator' = ANY (row.held))`,
  release: `row.status IN ('queued', 'failed') AND 'operator' = ANY (row.held)`,
};

function conditions(filter: TransferFilter, centers: readonly string[] | 'all'): FindOptionsWhere<TransferRowEntity> {
  const { status, target_node_key, resource_kind, resource_hash, center, cleanup, failure_class, retries_exhausted } =
    filter;
  // A center outside the caller's scope finds nothing, rather than an error that would tell it exists.
  const scope =
    centers === 'all'
      ? center === undefined
        ? undefined
        : [center]
      : centers.filter((own) => center === undefined || own === center);
  return {
    ...(status === undefined ? {} : { status }),
    ...(target_node_key === undefined ? {} : { target_node_key }),
    ...(resource_kind === undefined ? {} : { resource_kind }),
    ...(resource_hash === undefined ? {} : { resource_hash }),
    ...(cleanup === undefined ? {} : { local_media: cleanup === 'eligible' ? 'cleanup_eligible' : 'retained' }),
    ...(failure_class === undefined ? {} : { failure_class }),
    ...(retries_exhausted === undefined ? {} : { retries_exhausted }),
    ...(scope === undefined ? {} : { source_center_key: In([...scope]) }),
  };
}
