import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../sign-in/access.decorators.js';
import { type CheckResult, HealthChecks } from './health-checks.service.js';

/** The answer of both health routes. */
interface HealthDocument {
  readonly status: 'up' | 'down';
  readonly checks: readonly CheckResult[];
}

/** For the supervisor: is the process alive, and may it get work. */
@Public()
@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  @Get('live')
  @HttpCode(200)
  @ApiOperation({ summary: 'The process answers; nothing else is asked.' })
  live(): HealthDocument {
    return { status: 'up', checks: [] };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Everything the service needs works (200), or not (503).' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<HealthDocument> {
    const checks = await this.checks.run();
    const status = checks.every((check) => check.status === 'up') ? 'up' : 'down';
    response.status(status === 'up' ? 200 : 503);
    return { status, checks };
  }
}
