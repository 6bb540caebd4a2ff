import type { Refusal } from '@hub-export/event-sourcing';
import { CurrentPrincipal, IdempotencyKey, type Principal, Roles } from '@hub-export/http-edge';
import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { isRefusal } from '@hub-export/event-sourcing';
import { orderOf } from '../edge/order.edge.js';
import type { MarkAction } from '../mark/mark.js';
import { markKey, MarkService } from '../mark/mark.service.js';
import { ViewPosition } from '@hub-export/service-runtime';
import type { OverviewDocument } from './overview-document.js';
import { OverviewQuery } from './overview.dto.js';
import { OverviewService } from './overview.service.js';
import { faultAnswer, marksAnswer, type PageAnswer } from './page-answer.js';
import { readPageRequest } from './page-request.js';

/**
 * What lx-annotate's own export page speaks, word for word: its paths end in a slash, and it loads the overview again
 * as soon as a mark is answered, so an answer waits for the view.
 */
@ApiTags('lx-annotate')
@Controller(['endoreg-api/hub-export', 'api/hub-export'])
export class OverviewController {
  constructor(
    private readonly overviews: OverviewService,
    private readonly marks: MarkService,
    private readonly views: ViewPosition,
  ) {}

  @Get('overview/')
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'Everything lx-annotate’s page shows.' })
  read(@Query() query: OverviewQuery, @CurrentPrincipal() principal: Principal): Promise<OverviewDocument> {
    // An empty text is how a page without a hub writes "none".
    return this.overviews.read(query.target_node_key || null, principal);
  }

  @Post('mark/')
  @HttpCode(200)
  @Roles('hub_export:write')
  @ApiOperation({ summary: 'Marks by the site’s own numbers.' })
  mark(
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @IdempotencyKey() key: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<unknown> {
    return this.handle('mark', body, principal, key, response);
  }

  @Post('unmark/')
  @HttpCode(200)
  @Roles('hub_export:write')
  @ApiOperation({ summary: 'Takes marks back by the site’s own numbers.' })
  unmark(
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @IdempotencyKey() key: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<unknown> {
    return this.handle('unmark', body, principal, key, response);
  }

  private async handle(
    action: MarkAction,
    body: unknown,
    principal: Principal,
    key: string,
    response: Response,
  ): Promise<unknown> {
    const answer = await this.answer(action, body, principal, key);
    response.status(answer.status);
    return answer.body;
  }

  private async answer(action: MarkAction, body: unknown, principal: Principal, key: string): Promise<PageAnswer> {
    const read = readPageRequest(body);
    if ('faults' in read) return faultAnswer(400, read.faults);
    const scope = { route: `POST hub-export/${action}/`, subject: principal.subject, key };
    try {
      const { targetNodeKey, results, position } = await this.marks.handle({
        ...orderOf(principal),
        ...read.request,
        action,
        keyOf: (place) => markKey(scope, place),
      });
      await this.views.reached(position);
      return marksAnswer(action, targetNodeKey, results);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return faultAnswer(409, { target_node_key: pageText(error) });
    }
  }
}

/** The page's own texts for what it knows. */
function pageText({ code, message }: Refusal): string {
  if (code === 'no_active_site_node') return 'No active site node is configured for outbound hub export.';
  if (code === 'unknown_target') return 'No active central hub node is configured.';
  if (code !== 'target_required') return message;
  return message.startsWith('Several')
    ? 'Normal sender mode requires exactly one active central hub node.'
    : 'No active central hub node is configured.';
}
