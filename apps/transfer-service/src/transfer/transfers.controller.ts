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
import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { randomUUID } from 'node:crypto';
import { TransferLists } from '../overview/transfer-list.query.js';
import { OrderSelections } from './order-selection.service.js';
import { TransferDetails } from './transfer-detail.service.js';
import { type TransferAct, TransferOrders } from './transfer-orders.service.js';
import {
  PositionQuery,
  QueueCommandBody,
  TransferCommandBody,
  TransferQuery,
  TransferResults,
} from './transfers.dto.js';

@ApiTags('transfers')
@Controller('v1/transfers')
export class TransfersController {
  constructor(
    private readonly lists: TransferLists,
    private readonly details: TransferDetails,
    private readonly orders: TransferOrders,
    private readonly selections: OrderSelections,
    private readonly view: ViewPosition,
  ) {}

  @Get()
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'Transfers, the newest change first.' })
  async list(@Query() query: TransferQuery, @CurrentPrincipal() { centers }: Principal) {
    await this.view.require(query.at_least);
    return this.lists.page(query, centers);
  }

  @Get(':transfer_id')
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'One transfer: state, attempts, gates, history.' })
  async one(
    @Param('transfer_id', new ParseUUIDPipe({ exceptionFactory: malformedId })) transferId: string,
    @Query() { at_least }: PositionQuery,
    @CurrentPrincipal() { centers }: Principal,
  ) {
    await this.view.require(at_least);
    return this.details.of(transferId, centers);
  }

  @Post('queue')
  @HttpCode(200)
  @Roles('hub_export:write')
  @ApiOperation({ summary: 'Queues marked or failed transfers for delivery.' })
  @ApiOkResponse({ type: TransferResults })
  queue(@Body() body: QueueCommandBody, @CurrentPrincipal() principal: Principal, @IdempotencyKey() key: string) {
    return this.give('queue', body, principal, key);
  }

  @Post('retry')
  @HttpCode(200)
  @Roles('hub_export:write')
  @ApiOperation({ summary: 'Queues failed transfers again, with a fresh count of automatic attempts.' })
  @ApiOkResponse({ type: TransferResults })
  retry(@Body() body: QueueCommandBody, @CurrentPrincipal() principal: Principal, @IdempotencyKey() key: string) {
    return this.give('retry', body, principal, key);
  }

  @Post('hold')
  @HttpCode(200)
  @Roles('hub_export:write')
  @ApiOperation({ summary: 'Keeps waiting transfers from being sent.' })
  @ApiOkResponse({ type: TransferResults })
  hold(@Body() body: TransferCommandBody, @CurrentPrincipal() principal: Principal, @IdempotencyKey() key: string) {
    return this.give('hold', body, principal, key);
  }

  @Post('release')
  @HttpCode(200)
  @Roles('hub_export:write')
  @ApiOperation({ summary: 'Lets held transfers be sent.' })
  @ApiOkResponse({ type: TransferResults })
  release(@Body() body: TransferCommandBody, @CurrentPrincipal() principal: Principal, @IdempotencyKey() key: string) {
    return this.give('release', body, principal, key);
  }

  private async give(
    act: TransferAct,
    body: QueueCommandBody,
    principal: Principal,
    key: string,
  ): Promise<TransferResults> {
    const { subject, centers } = principal;
    const correlationId = currentCorrelationId() ?? randomUUID();
    const contextOf = (item?: string) => ({
      key: commandKey({ route: `POST /v1/transfers/${act}`, subject, key, ...(item !== undefined && { item }) }),
      correlationId,
      causationId: null,
    });
    const asked = body.priority === undefined ? {} : { priority: body.priority };
    const named = body.transfer_ids?.map((id) => id.toLowerCase());
    const { transfer_ids, remaining } =
      named === undefined
        ? await this.selections.select({ act, ...asked }, body.filter ?? {}, centers, contextOf())
        : { transfer_ids: named, remaining: 0 };
    const order = { act, ...asked, by: actorOf(principal), centers, contextOf };
    const given = await this.orders.give(order, [...new Set(transfer_ids)]);
    return { ...given, remaining };
  }
}

function malformedId(): Problem {
  return new Problem(400, 'malformed_transfer_id', 'A transfer id is a UUID.');
}
