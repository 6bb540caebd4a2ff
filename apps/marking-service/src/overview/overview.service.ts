import type { Principal } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { chosenHub } from '../network/network.js';
import type { NetworkService } from '../network/network.service.js';
import { VIEWED_RESOURCES } from '../resource/resource-list.js';
import type { OverviewDocument } from './overview-document.js';
import type { ViewedResource } from '../resource/resource-item.js';
import { overview } from './overview.js';

/** The page takes everything at once; beyond so many resources it is given the ones that matter first, then the newest. */
export const OVERVIEW_ITEMS_MAX = 20_000;

export class OverviewService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly network: NetworkService,
    private readonly settings: { readonly minK: number; readonly showsFileNames: boolean },
  ) {}

  /** Two queries, however many resources. */
  async read(targetNodeKey: string | null, { centers }: Pick<Principal, 'centers'>): Promise<OverviewDocument> {
    const nodes = await this.network.viewed();
    const target = chosenHub({ nodes }, targetNodeKey)?.node_key ?? null;
    const rows = await this.database.rows<ViewedResource>(
      `${VIEWED_RESOURCES}
       WHERE r.present AND ($2::text[] IS NULL OR r.center_key = ANY ($2))
       ORDER BY r.exportable DESC, r.created_at DESC, r.resource_kind DESC, r.resource_hash DESC LIMIT $3`,
      [target, centers === 'all' ? null : centers, OVERVIEW_ITEMS_MAX],
    );
    return overview(rows, nodes, { target: targetNodeKey, centers, ...this.settings });
  }
}
