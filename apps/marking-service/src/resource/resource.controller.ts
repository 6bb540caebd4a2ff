import { parseSnapshot } from '@hub-export/contracts';
import { BodyLimit, CurrentPrincipal, type Page, type Principal, Problem, Roles } from '@hub-export/http-edge';
import { Body, Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { orderOf } from '../edge/order.edge.js';
import type { ResourceItem } from './resource-item.js';
import { type GatedResource, type ResourceCounts, ResourceListService } from './resource-list.service.js';
import { resourceNameOf } from './resource-name.edge.js';
import { ResourceFilterQuery, ResourceListQuery, ResourceQuery, WithdrawalDto } from './resource.dto.js';
import { ResourceService, type Told } from './resource.service.js';

/** The largest snapshot: a long video with tens of thousands of annotated frames. */
const SNAPSHOT_BYTES_MAX = 32 * 1024 * 1024;

/** What the site is answered. */
interface ToldDocument {
  readonly resource: {
    readonly resource_kind: string;
    readonly resource_hash: string;
    readonly status: 'present' | 'withdrawn';
    readonly source_version: number;
    readonly version: number;
  };
  readonly outcome: 'recorded' | 'withdrawn' | 'unchanged';
  readonly position: number;
}

@ApiTags('resources')
@Controller('v1/resources')
export class ResourceController {
  constructor(
    private readonly resources: ResourceService,
    private readonly list: ResourceListService,
  ) {}

  @Get()
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'Resources with readiness and transfer; by default those that can be exported.' })
  page(@Query() query: ResourceListQuery, @CurrentPrincipal() principal: Principal): Promise<Page<ResourceItem>> {
    return this.list.page(query, principal);
  }

  @Get('counts')
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'How many resources there are in each view, narrowed like the list.' })
  counts(@Query() query: ResourceFilterQuery, @CurrentPrincipal() principal: Principal): Promise<ResourceCounts> {
    return this.list.counts(query, principal);
  }

  @Get(':kind/:resource_hash')
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'One resource, and the ordered answer to "why not?".' })
  async one(
    @Param('kind') kind: string,
    @Param('resource_hash') hash: string,
    @Query() query: ResourceQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<GatedResource> {
    return this.list.one(resourceNameOf(kind, hash), query, principal);
  }

  @Put(':kind/:resource_hash')
  @Roles('hub_export:site')
  @BodyLimit(SNAPSHOT_BYTES_MAX)
  @ApiOperation({ summary: 'The site tells how a resource stands; idempotent, ordered by source_version.' })
  async report(
    @Param('kind') kind: string,
    @Param('resource_hash') hash: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ToldDocument> {
    const name = resourceNameOf(kind, hash);
    const told = await this.resources.report(name, parseSnapshot(name.resource_kind, body), orderOf(principal));
    return toldDocument(told, 'recorded');
  }

  @Delete(':kind/:resource_hash')
  @Roles('hub_export:site')
  @ApiOperation({ summary: 'The site takes a resource back; source_version in the query or the body.' })
  async withdraw(
    @Param('kind') kind: string,
    @Param('resource_hash') hash: string,
    @Query() query: WithdrawalDto,
    @Body() body: WithdrawalDto | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ToldDocument> {
    const name = resourceNameOf(kind, hash);
    const version = query.source_version ?? body?.source_version;
    if (version === undefined)
      throw new Problem(400, 'source_version_missing', 'A withdrawal names its source_version.');
    return toldDocument(await this.resources.withdraw(name, version, orderOf(principal)), 'withdrawn');
  }
}

function toldDocument({ changed, position, resource }: Told, done: 'recorded' | 'withdrawn'): ToldDocument {
  const { resource_kind, resource_hash, source_version } = resource.facts;
  const { status, version } = resource;
  return {
    resource: { resource_kind, resource_hash, status, source_version, version },
    outcome: changed ? done : 'unchanged',
    position,
  };
}
