import {
  actorOf,
  commandKey,
  currentCorrelationId,
  CurrentPrincipal,
  IdempotencyKey,
  type Principal,
  Roles,
} from '@hub-export/http-edge';
import type { EgressCommand } from '@hub-export/transfer-life';
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { randomUUID } from 'node:crypto';
import { EgressSwitch } from './egress.service.js';

@ApiTags('egress')
@Controller('v1/egress')
export class EgressController {
  constructor(private readonly egress: EgressSwitch) {}

  @Get()
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'Whether anything may leave the house.' })
  state() {
    return this.egress.state();
  }

  @Post('stop')
  @HttpCode(200)
  @Roles('hub_export:operate')
  @ApiOperation({ summary: 'Stops all egress at once: no new request, and running uploads are broken off within 2 s.' })
  stop(@CurrentPrincipal() principal: Principal, @IdempotencyKey() key: string) {
    return this.turn('StopEgress', principal, key);
  }

  @Post('resume')
  @HttpCode(200)
  @Roles('hub_export:operate')
  @ApiOperation({ summary: 'Lets transfers leave again.' })
  resume(@CurrentPrincipal() principal: Principal, @IdempotencyKey() key: string) {
    return this.turn('ResumeEgress', principal, key);
  }

  private async turn(type: EgressCommand['type'], principal: Principal, key: string) {
    const { state, position, outcome } = await this.egress.turn(type, actorOf(principal), {
      key: commandKey({ route: `POST /v1/egress ${type}`, subject: principal.subject, key }),
      correlationId: currentCorrelationId() ?? randomUUID(),
      causationId: null,
    });
    return { ...state, changed: outcome === 'appended', position };
  }
}
