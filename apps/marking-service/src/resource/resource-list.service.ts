import { type Page, pageOf, parseCursor, type Principal, Problem } from '@hub-export/http-edge';
import type { NodeFacts } from '@hub-export/contracts';
import {
  type Circuit,
  circuitDecider,
  type Egress,
  egressDecider,
  eligibilityOf,
  type EligibilityTerms,
  type Gate,
  gatesOf,
  reachabilityOf,
  readinessOf,
} from '@hub-export/transfer-life';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { activeSiteNode, chosenHub, termsOf } from '../network/network.js';
import type { NetworkService } from '../network/network.service.js';
import type { ViewPosition } from '@hub-export/service-runtime';
import { type ItemContext, type ResourceItem, resourceItem, type ViewedResource } from './resource-item.js';
import {
  resourceCountsStatement,
  type ResourceFilter,
  resourceListStatement,
  VIEWED_RESOURCES,
} from './resource-list.js';
import { type Standing, type View, VIEWS, viewsOf } from './resource-views.js';
import type { ResourceFilterQuery, ResourceListQuery, ResourceQuery } from './resource.dto.js';
import type { ResourceName } from './resource.service.js';
import { isSortKey } from './sort-cursor.js';

/** One resource with the ordered answer to "why not?". */
export type GatedResource = ResourceItem & { readonly gates: readonly Gate[] };

/** How many resources stand in each view; one may stand in several. */
export interface ResourceCounts {
  readonly target_node_key: string | null;
  readonly counts: readonly { readonly view: View; readonly count: number }[];
}

/** Reads resources for the pages, within the caller's centers. */
export class ResourceListService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly network: NetworkService,
    private readonly views: ViewPosition,
    private readonly showsFileNames: boolean,
  ) {}

  /** Four queries, however long the list. */
  async page(query: ResourceListQuery, { centers }: Pick<Principal, 'centers'>): Promise<Page<ResourceItem>> {
    const after = parseCursor(query.cursor, ['string', 'string', 'string', 'string']);
    if (after !== undefined && !(after[0] === query.sort && isSortKey(query.sort, after[1]))) {
      throw new Problem(400, 'invalid_cursor', 'The cursor is not one that this list gave.');
    }
    await this.views.require(query.at_least);
    const nodes = await this.network.viewed();
    const filter = this.filterOf(query, nodes, centers);
    const terms = termsOf(activeSiteNode({ nodes }), chosenHub({ nodes }, filter.target));
    const { sql, values } = resourceListStatement({
      ...filter,
      view: query.view,
      terms,
      sort: query.sort,
      direction: query.direction,
      limit: query.limit,
      after: after === undefined ? null : [after[1], after[2], after[3]],
    });
    const rows = await this.database.rows<ViewedResource & { readonly sort_key: string }>(sql, values);
    const context = await this.contextOf(nodes, filter.target, terms);
    return pageOf(
      rows,
      query.limit,
      ({ sort_key, resource_kind, resource_hash }) => [query.sort, sort_key, resource_kind, resource_hash],
      (row) => resourceItem(row, context),
    );
  }

  /** Two queries, one of them through all lines that the filter leaves, on an index that is small. */
  async counts(query: ResourceFilterQuery, { centers }: Pick<Principal, 'centers'>): Promise<ResourceCounts> {
    await this.views.require(query.at_least);
    const nodes = await this.network.viewed();
    const filter = this.filterOf(query, nodes, centers);
    const { sql, values } = resourceCountsStatement(filter);
    const groups = await this.database.rows<Standing & { readonly count: number }>(sql, values);
    const terms = termsOf(activeSiteNode({ nodes }), chosenHub({ nodes }, filter.target));
    const counts = new Map<View, number>(VIEWS.map((view) => [view, 0]));
    for (const group of groups) {
      for (const view of viewsOf(group, filter.target, terms)) counts.set(view, (counts.get(view) ?? 0) + group.count);
    }
    return { target_node_key: filter.target, counts: VIEWS.map((view) => ({ view, count: counts.get(view) ?? 0 })) };
  }

  /**
   * Four queries.
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
    const context = await this.contextOf(nodes, target, terms);
    return { ...resourceItem(row, context), gates: context.gatesOf(row) };
  }

  private filterOf(
    query: ResourceFilterQuery,
    nodes: readonly NodeFacts[],
    centers: readonly string[] | 'all',
  ): ResourceFilter {
    return {
      kind: query.kind ?? null,
      state: query.state ?? null,
      center: query.center ?? null,
      status: query.status ?? null,
      target: targetKey(nodes, query.target_node_key),
      q: query.q ?? null,
      searchesNames: this.showsFileNames,
      centers,
    };
  }

  private async contextOf(
    nodes: readonly NodeFacts[],
    target: string | null,
    terms: EligibilityTerms,
  ): Promise<ItemContext> {
    const [egress, circuit] = await Promise.all([this.egress(), this.circuit(target)]);
    const readiness = readinessOf({ nodes, materials: materialsOf(nodes) }, target ?? '');
    return {
      terms,
      showsFileNames: this.showsFileNames,
      gatesOf: ({ state, transfer }) =>
        gatesOf({
          resource: state,
          eligibility: eligibilityOf(state, terms),
          transfer: transfer?.state ?? { status: 'not_marked' },
          readiness,
          hubReachable: reachabilityOf(circuit),
          egress,
          window: { open: true, opensAt: null },
        }),
    };
  }

  private async circuit(target: string | null): Promise<Circuit> {
    const [row] = await this.database.rows<{ state: Circuit }>(
      'SELECT state FROM marking.circuits WHERE node_key = $1',
      [target],
    );
    return row?.state ?? circuitDecider.initialState;
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
 * Secrets, certificates and time windows are known to the sender alone, which answers for them in its own
 * gates; here a recorded node counts as looked at and found in order.
 */
function materialsOf(nodes: readonly NodeFacts[]): ReadonlyMap<string, readonly []> {
  return new Map(nodes.map(({ node_key }) => [node_key, []]));
}
