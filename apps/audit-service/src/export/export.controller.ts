import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { CurrentPrincipal, type Principal, Roles } from '@hub-export/http-edge';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { questionOf } from '../access/access.js';
import { AccessService } from '../access/access.service.js';
import { ExportQuery } from './export.dto.js';
import { type Export, ExportService } from './export.service.js';
import { EXPORT_MEDIA } from './export-lines.js';

/** Tells, before the first line, up to which entry a whole export reaches. */
const THROUGH_HEADER = 'Hub-Export-Through';

@ApiTags('audit')
@Controller('v1/audit/export')
@Roles('hub_export:audit')
export class ExportController {
  constructor(
    @Inject(ExportService) private readonly exports: ExportService,
    @Inject(AccessService) private readonly accesses: AccessService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Everything that was recorded and is asked for, as NDJSON, CSV or FHIR R4 AuditEvents.' })
  @ApiOkResponse({
    content: Object.fromEntries(
      Object.values(EXPORT_MEDIA).map(({ type }) => [type.split(';', 1)[0] ?? type, { schema: { type: 'string' } }]),
    ),
  })
  async export(
    @Query() query: ExportQuery,
    @CurrentPrincipal() principal: Principal,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const opened = await this.exports.open(query, principal);
    try {
      await this.send(opened, query, principal, request, response);
    } finally {
      opened.close();
    }
  }

  private async send(
    { through, pieces }: Export,
    { format }: ExportQuery,
    principal: Principal,
    request: Request,
    response: Response,
  ): Promise<void> {
    // Recorded before the first line leaves.
    await this.accesses.record(principal, { view: 'export', transfer_id: null, question: questionOf(request.query) });
    const { type, file } = EXPORT_MEDIA[format];
    response.setHeader('Content-Type', type);
    response.setHeader('Content-Disposition', `attachment; filename="${file}"`);
    response.setHeader(THROUGH_HEADER, String(through));
    // A connection over which nothing moves any more would keep its place for ever. What we have to wait for ourselves is
    // shorter: a statement's limit.
    response.setTimeout(this.exports.idleMs, () => response.destroy());
    try {
      // The next piece is made when the last one has been taken.
      await pipeline(Readable.from(pieces, { objectMode: false, highWaterMark: 1 }), response);
    } catch (error) {
      // Who hung up has no use for an answer; where we failed, the cut connection tells that it is not whole.
      if (!response.destroyed) throw error;
    }
  }
}
