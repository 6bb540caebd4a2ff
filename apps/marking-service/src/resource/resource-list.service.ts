import { type Page, pageOf, parseCursor, type Principal, Problem } from '@hub-export/http-edge';
import type { NodeFacts } from '@hub-export/contracts';
import { type Egress, egressDecider, eligibilityOf, type Gate, gatesOf, readinessOf } from '@hub-export/transfer-life';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { activeSiteNode, chosenHub, termsOf } from '../network/network.js';
import type { NetworkService } from '../network/network.service.js';
import type { ViewPosition } from '@hub-export/service-runtime';
import { type ResourceItem, resourceItem, type ViewedResource } from './resource-item.js';
import { resourceListStatement, VIEWED_RESOURCES } from './resource-list.js';
import type { ResourceListQuery, ResourceQuery } from './resource.dto.js';
import type { ResourceName } from './resource.service.js';

/** One resource with the ordered answer to "why not?". */
export type GatedResource = ResourceItem & { readonly gates: readonly Gate[] };

/** Reads resources for the pages, within the caller's centers. */
export class ResourceListService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly network: NetworkService,
    private readonly views: ViewPosition,
  ) {}

  /** Two queries, however long the list. */
  async page(query: ResourceListQuery, { centers }: Pick<Principal, 'centers'>): Promise<Page<ResourceItem>> {
    const cursor = parseCursor(query.cursor, ['string', 'string', 'string']);
    if (cursor !== undefined && Number.isNaN(Date.parse(cursor[0]))) {
      throw new Problem(400, 'invalid_cursor', 'The cursor is not one that this list gave.');
    }
    await this.views.require(query.at_least);
    const nodes = await this.network.viewed();
    const target = targetKey(nodes, query.target_node_key);
    const { sql, values } = resourceListStatement({
      view: query.view,
      sort: query.sort,
      kind: query.kind ?? null,
      state: query.state ?? null,
      center: query.center ?? null,
      status: query.status ?? null,
      target,
      q: query.q ?? null,
      centers,
      limit: query.limit,
      after: cursor ?? null,
    });
    const rows = await this.database.rows<ViewedResource>(sql, values);
    const terms = termsOf(activeSiteNode({ nodes }), chosenHub({ nodes }, target));
    return pageOf(
      rows,
      query.limit,
      ({ created_at, resource_kind, resource_hash }) => [created_at, resource_kind, resource_hash],
      (row) => resourceItem(row, terms),
    );
  }

  /**
   * Three queries.
   * @throws {Problem} 404 `unknown_resource`, for a resource of a foreign center too
   */
  async one(
    { resource_kind, resource_hash }: ResourceName,
    query: ResourceQuery,
    { centers }: Pick<Principal, 'centers'>,
  ): Promise<GatedResource> {
    await this.views.require(query.at_least);
    const nodes = await this.network.viewed();
    const target = targetKey(nodes, query.target_node_key);
    const [row] = await this.database.rows<ViewedResource>(
      `${VIEWED_RESOURCES}
       WHERE r.resource_kind = $2 AND r.resource_hash = $3 AND ($4::text[] IS NULL OR r.center_key = ANY ($4))`,
      [target, resource_kind, resource_hash, centers === 'all' ? null : centers],
    );
    if (row === undefined) throw new Problem(404, 'unknown_resource', 'There is no such resource.');
    const terms = termsOf(activeSiteNode({ nodes }), chosenHub({ nodes }, target));
    const gates = gatesOf({
      resource: row.state,
      eligibility: eligibilityOf(row.state, terms),
      transfer: row.transfer?.state ?? { status: 'not_marked' },
      readiness: readinessOf({ nodes, materials: materialsOf(nodes) }, target ?? ''),
      hubReachable: null,
      egress: await this.egress(),
      window: { open: true, opensAt: null },
    });
    return { ...resourceItem(row, terms), gates };
  }

  private async egress(): Promise<Egress> {
    const [row] = await this.database.rows<{ state: Egress }>('SELECT state FROM marking.egress');
    return row?.state ?? egressDecider.initialState;
  }
}

/** The hub that is named, whether it is active or not; else the only active one. */
function targetKey(nodes: readonly NodeFacts[], named: string | undefined): string | null {
  return named ?? chosenHub({ nodes }, null)?.node_key ?? null;
}

/**
 * Secrets, certificates, reachability and time windows are known to the sender alone, which answers for them in its own
 * gates; here a recorded node counts as looked at and found in order.
 */
function materialsOf(nodes: readonly NodeFacts[]): ReadonlyMap<string, readonly []> {
  return new Map(nodes.map(({ node_key }) => [node_key, []]));
}
