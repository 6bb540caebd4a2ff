import { CurrentPrincipal, type Page, PageQuery, type Principal, Roles } from '@hub-export/http-edge';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { RecordedAccess } from '@hub-export/record-verification';
import { AccessService } from './access.service.js';

@ApiTags('audit')
@Controller('v1/audit/accesses')
@Roles('hub_export:audit')
export class AccessController {
  constructor(@Inject(AccessService) private readonly accesses: AccessService) {}

  @Get()
  @ApiOperation({ summary: 'Who read the audit, what and when; the latest first.' })
  list(@Query() { limit, cursor }: PageQuery, @CurrentPrincipal() principal: Principal): Promise<Page<RecordedAccess>> {
    return this.accesses.list(limit, cursor, principal);
  }
}
