import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** Waiting for one's own writes. */
export class AtLeastQuery {
  @ApiPropertyOptional({ type: 'integer', description: 'The `position` of a write that the answer must contain.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly at_least?: number;
}
