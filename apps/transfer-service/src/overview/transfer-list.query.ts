import { type Page, parseCursor, pageOf } from '@hub-export/http-edge';
import { type DataSource, type FindOptionsWhere, In, LessThan } from 'typeorm';
import type { TransferFilter, TransferQuery } from '../transfer/transfers.dto.js';
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

  /** At most `limit` transfers that a filter finds. */
  async find(
    filter: TransferFilter,
    centers: readonly string[] | 'all',
    limit: number,
  ): Promise<readonly TransferRow[]> {
    return this.rows.find({ where: conditions(filter, centers), order: { position: 'ASC' }, take: limit });
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

function conditions(filter: TransferFilter, centers: readonly string[] | 'all'): FindOptionsWhere<TransferRowEntity> {
  const { status, target_node_key, resource_kind, resource_hash, center, cleanup } = filter;
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
    ...(scope === undefined ? {} : { source_center_key: In([...scope]) }),
  };
}
