import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { EventListQuery } from '../record/record.dto.js';
import { EXPORT_FORMATS, type ExportFormat } from './export-lines.js';

/** What is exported, and in which form; narrowed as the list of events is. */
export class ExportQuery extends OmitType(EventListQuery, ['limit', 'cursor', 'with_total'] as const) {
  @ApiProperty({ enum: EXPORT_FORMATS })
  @IsIn(EXPORT_FORMATS)
  readonly format!: ExportFormat;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Goes on behind this entry: the `global_seq` of the last line that the caller has.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly after?: number;
}
