import { CurrentPrincipal, type Principal, Problem, Roles } from '@hub-export/http-edge';
import { Controller, Get, Inject, Param, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import { AtLeastQuery } from '@hub-export/service-runtime';
import { AccessRecorder } from '../access/access.interceptor.js';
import { EventListQuery, TransferListQuery } from './record.dto.js';
import type { AuditedEvent } from './audited-event.js';
import { type AuditedTransfer, type CountedPage, RecordService } from './record.service.js';
import type { TransferLine } from './transfer-answer.js';

@ApiTags('audit')
@Controller('v1/audit')
@Roles('hub_export:audit')
@UseInterceptors(AccessRecorder)
export class RecordController {
  constructor(@Inject(RecordService) private readonly record: RecordService) {}

  @Get('transfers')
  @ApiOperation({ summary: 'Transfers with the six answers of the audit, the latest marked first.' })
  transfers(
    @Query() query: TransferListQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<CountedPage<TransferLine>> {
    return this.record.transfers(query, principal);
  }

  @Get('transfers/:transfer_id')
  @ApiOperation({ summary: 'One transfer: every mark, queueing, hold, attempt, refusal, and the final outcome.' })
  transfer(
    @Param('transfer_id') transferId: string,
    @Query() { at_least }: AtLeastQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<AuditedTransfer> {
    if (!isUUID(transferId)) throw new Problem(400, 'invalid_transfer_id', 'A transfer is named by its UUID.');
    return this.record.transfer(transferId, at_least, principal);
  }

  @Get('events')
  @ApiOperation({ summary: 'What was recorded, in the order of the log.' })
  events(@Query() query: EventListQuery, @CurrentPrincipal() principal: Principal): Promise<CountedPage<AuditedEvent>> {
    return this.record.events(query, principal);
  }
}
