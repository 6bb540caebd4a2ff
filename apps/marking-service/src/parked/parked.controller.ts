import { Roles } from '@hub-export/http-edge';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DrivenAnswer, ParkedChoice, ParkedList } from './parked.dto.js';
import { ParkedService } from './parked.service.js';

@ApiTags('parked')
@Controller('v1/parked')
@Roles('hub_export:operate')
export class ParkedController {
  constructor(private readonly parked: ParkedService) {}

  @Get()
  @ApiOperation({ summary: 'Site messages that were put aside, the oldest first.' })
  @ApiOkResponse({ type: ParkedList })
  async list(@Query() { limit }: ParkedChoice): Promise<ParkedList> {
    return { items: await this.parked.list(limit) };
  }

  @Post('retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Handles the oldest again; what fails again stays.' })
  @ApiOkResponse({ type: DrivenAnswer })
  retry(@Body() body: ParkedChoice | undefined): Promise<DrivenAnswer> {
    return this.parked.drive((body ?? new ParkedChoice()).limit);
  }
}
