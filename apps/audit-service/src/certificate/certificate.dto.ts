import { type Language, LANGUAGES } from '@hub-export/delivery-certificate';
import { AtLeastQuery } from '@hub-export/service-runtime';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';

/** How a certificate is wanted. */
export class CertificateQuery extends AtLeastQuery {
  @ApiPropertyOptional({
    enum: ['json', 'html'],
    description: 'The document that can be verified, or a page to print.',
  })
  @IsIn(['json', 'html'])
  readonly format: 'json' | 'html' = 'json';

  @ApiPropertyOptional({ enum: LANGUAGES, description: 'Of the page.' })
  @IsIn(LANGUAGES)
  readonly language: Language = 'en';
}
