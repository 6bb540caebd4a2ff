import { CurrentPrincipal, type Principal, Roles } from '@hub-export/http-edge';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PrivacySummaryAnswer } from './privacy.answer.js';
import { PrivacySummaryBody } from './privacy.dto.js';
import { PrivacyService } from './privacy.service.js';

@ApiTags('privacy')
@Controller('v1/privacy-summary')
export class PrivacyController {
  constructor(private readonly privacy: PrivacyService) {}

  /** A question with a body, since a selection is long; it changes nothing. */
  @Post()
  @HttpCode(200)
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'The k-anonymity of all that may be sent, or of a selection; from bands alone.' })
  @ApiOkResponse({ type: PrivacySummaryAnswer })
  summary(
    @Body() { target_node_key = null, resources }: PrivacySummaryBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<PrivacySummaryAnswer> {
    return this.privacy.summary(target_node_key, resources ?? null, principal);
  }
}
