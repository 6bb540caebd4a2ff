import { CurrentPrincipal, type Principal, Roles } from '@hub-export/http-edge';
import { Controller, Get, Inject, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccessRecorder } from '../access/access.interceptor.js';
import type { CountedPage } from '../record/record.service.js';
import { ChangeListQuery } from './changes.dto.js';
import { ChangesService } from './changes.service.js';
import type { NodeChange } from './node-change.js';

@ApiTags('audit')
@Controller('v1/audit/changes')
@Roles('hub_export:audit')
@UseInterceptors(AccessRecorder)
export class ChangesController {
  constructor(@Inject(ChangesService) private readonly service: ChangesService) {}

  @Get()
  @ApiOperation({ summary: 'Each change of a node: who, when, and what it was before and after.' })
  changes(@Query() query: ChangeListQuery, @CurrentPrincipal() principal: Principal): Promise<CountedPage<NodeChange>> {
    return this.service.list(query, principal);
  }
}
