import { NODE_KEY, nodeStream } from '@hub-export/contracts';
import {
  actorOf,
  commandKey,
  currentCorrelationId,
  CurrentPrincipal,
  IdempotencyKey,
  type Principal,
  Problem,
  Roles,
} from '@hub-export/http-edge';
import { ViewPosition } from '@hub-export/service-runtime';
import type { KnownNode } from './network-view.query.js';
import { Nodes } from './nodes.service.js';
import { activeHubs, type Circuit } from '@hub-export/transfer-life';
import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { randomUUID } from 'node:crypto';
import { HubCircuits } from '../sending/hub-circuits.service.js';
import { HubProbe } from '../sending/hub-probe.service.js';
import { ReadinessQuery } from './nodes.dto.js';

@ApiTags('nodes')
@Controller('v1')
export class NodesController {
  constructor(
    private readonly nodes: Nodes,
    private readonly probe: HubProbe,
    private readonly circuits: HubCircuits,
    private readonly view: ViewPosition,
  ) {}

  @Get('readiness')
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'Every operational requirement, for one target hub or for all active ones.' })
  async readiness(@Query() { target_node_key }: ReadinessQuery) {
    const hubs = activeHubs((await this.nodes.all()).map(({ facts }) => facts)).map(({ node_key }) => node_key);
    const targets = target_node_key === undefined ? (hubs.length > 0 ? hubs : ['']) : [target_node_key];
    const items = await Promise.all(
      targets.map(async (target) => {
        const { ready, requirements, siteNode } = await this.nodes.readiness(target);
        return {
          target_node_key: target === '' ? null : target,
          source_node_key: siteNode?.node_key ?? null,
          ready,
          requirements,
          circuit: toldCircuit(await this.circuits.of(target)),
        };
      }),
    );
    return { ready: items.every(({ ready }) => ready), targets: items };
  }

  @Get('nodes')
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'All nodes as they are configured.' })
  async list() {
    const nodes = await this.nodes.all();
    return { items: await Promise.all(nodes.map((node) => this.told(node))), next_cursor: null };
  }

  @Get('nodes/:node_key')
  @Roles('hub_export:operate')
  @ApiOperation({ summary: 'One node with its whole document; secrets are named there, never told.' })
  async one(@Param('node_key') nodeKey: string) {
    const node = await this.nodes.one(nodeKey);
    return { ...(await this.told(node)), document: await this.nodes.documentOf(node.facts) };
  }

  @Put('nodes/:node_key')
  @Roles('hub_export:operate')
  @ApiOperation({ summary: 'Records a node; the same document again changes nothing.' })
  @ApiBody({ schema: { type: 'object' } })
  async record(
    @Param('node_key') nodeKey: string,
    @Body() body: Record<string, unknown>,
    @CurrentPrincipal() principal: Principal,
    @IdempotencyKey() key: string,
  ) {
    if (!NODE_KEY.test(nodeKey))
      throw new Problem(400, 'malformed_node_key', 'A node key has letters, digits and . _ : - only.');
    const context = {
      key: commandKey({ route: 'PUT /v1/nodes', subject: principal.subject, key, item: nodeStream(nodeKey) }),
      correlationId: currentCorrelationId() ?? randomUUID(),
      causationId: null,
    };
    const position = await this.nodes.record(nodeKey, body, actorOf(principal), context);
    // What is ordered next is decided with this node. It is recorded already, so nothing here makes that fail.
    await this.view.reached(position).catch(() => false);
    return { node_key: nodeKey, position };
  }

  @Post('nodes/:node_key/probe')
  @HttpCode(200)
  @Roles('hub_export:operate')
  @ApiOperation({ summary: 'Tests the connection to a hub; sends nothing but a question.' })
  test(@Param('node_key') nodeKey: string, @CurrentPrincipal() principal: Principal) {
    return this.probe.probe(nodeKey, actorOf(principal));
  }

  private async told({ facts, since }: KnownNode) {
    const { faults, certificateEndsAt } = await this.nodes.materialOf(facts);
    const { document_digest: _digest, ...shown } = facts;
    return {
      ...shown,
      since,
      material_faults: faults,
      certificate_ends_at: certificateEndsAt,
      circuit: facts.role === 'central_hub' ? toldCircuit(await this.circuits.of(facts.node_key)) : null,
    };
  }
}

/** While it is open no transfer begins with this hub. */
function toldCircuit(circuit: Circuit) {
  const { status, since } = circuit;
  return { status, since, code: circuit.status === 'open' ? circuit.code : null };
}
