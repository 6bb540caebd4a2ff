import { Roles } from '@hub-export/http-edge';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AtLeastQuery } from '@hub-export/service-runtime';
import type { Integrity } from './integrity.js';
import { IntegrityService } from './integrity.service.js';

@ApiTags('audit')
@Controller('v1/audit/integrity')
@Roles('hub_export:audit')
export class IntegrityController {
  constructor(@Inject(IntegrityService) private readonly record: IntegrityService) {}

  @Get()
  @ApiOperation({ summary: 'Whether the record is whole and its chain unbroken; if not, where.' })
  async integrity(@Query() { at_least }: AtLeastQuery): Promise<Integrity> {
    await this.record.requireSeen(at_least);
    return this.record.integrity();
  }
}
