import { crashPoint } from '@hub-export/environment';
import { CurrentPrincipal, IdempotencyKey, type Principal, Roles } from '@hub-export/http-edge';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { orderOf } from '../edge/order.edge.js';
import { MarkBody } from './mark.dto.js';
import type { MarkAction } from './mark.js';
import { markKey, type MarkResult, MarkService } from './mark.service.js';

/** Each item succeeds or is refused alone; a read with `at_least` this position shows what was done. */
interface MarksDocument {
  readonly target_node_key: string | null;
  readonly results: readonly MarkResult[];
  readonly position: number;
}

@ApiTags('marks')
@Controller('v1')
@Roles('hub_export:write')
export class MarkController {
  constructor(private readonly marks: MarkService) {}

  @Post('marks')
  @HttpCode(200)
  @ApiOperation({ summary: 'Marks resources for upload, each alone.' })
  mark(
    @Body() body: MarkBody,
    @CurrentPrincipal() principal: Principal,
    @IdempotencyKey() key: string,
  ): Promise<MarksDocument> {
    return this.handle('mark', body, principal, key);
  }

  @Post('unmarks')
  @HttpCode(200)
  @ApiOperation({ summary: 'Takes marks back, as long as nothing is queued.' })
  unmark(
    @Body() body: MarkBody,
    @CurrentPrincipal() principal: Principal,
    @IdempotencyKey() key: string,
  ): Promise<MarksDocument> {
    return this.handle('unmark', body, principal, key);
  }

  private async handle(action: MarkAction, body: MarkBody, principal: Principal, key: string): Promise<MarksDocument> {
    const scope = { route: `POST /v1/${action}s`, subject: principal.subject, key };
    const { targetNodeKey, results, position } = await this.marks.handle({
      ...orderOf(principal),
      action,
      target: body.target_node_key ?? null,
      references: body.resources,
      keyOf: (place) => markKey(scope, place),
    });
    crashPoint('mark-before-reply');
    return { target_node_key: targetNodeKey, results, position };
  }
}
