import { CERTIFICATE_PAGE_POLICY, certificatePage, certificateText } from '@hub-export/delivery-certificate';
import { CurrentPrincipal, type Principal, Problem, Roles } from '@hub-export/http-edge';
import { Controller, Get, Inject, Param, Query, Res, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import type { Response } from 'express';
import { AccessRecorder } from '../access/access.interceptor.js';
import { CertificateQuery } from './certificate.dto.js';
import { CertificateService } from './certificate.service.js';

@ApiTags('audit')
@Controller('v1/audit/transfers')
@Roles('hub_export:audit')
@UseInterceptors(AccessRecorder)
export class CertificateController {
  constructor(@Inject(CertificateService) private readonly certificates: CertificateService) {}

  @Get(':transfer_id/certificate')
  @ApiOperation({
    summary: 'The certificate of a completed transfer, byte for byte as it can be verified; or its page.',
  })
  @ApiOkResponse({
    content: { 'application/json': { schema: { type: 'object' } }, 'text/html': { schema: { type: 'string' } } },
  })
  async certificate(
    @Param('transfer_id') transferId: string,
    @Query() { format, language, at_least }: CertificateQuery,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    if (!isUUID(transferId)) throw new Problem(400, 'invalid_transfer_id', 'A transfer is named by its UUID.');
    const certificate = await this.certificates.certificate(transferId.toLowerCase(), at_least, principal);
    response.type(format === 'json' ? 'application/json' : 'text/html');
    if (format === 'json') return certificateText(certificate);
    response.setHeader('Content-Security-Policy', CERTIFICATE_PAGE_POLICY);
    return certificatePage(certificate, language);
  }
}
