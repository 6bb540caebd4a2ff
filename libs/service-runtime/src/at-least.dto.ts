import { PageQuery } from '@hub-export/http-edge';
import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** The query of every read that can wait for a position, so that a caller sees its own writes. */
export class AtLeastQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Waits until the view holds this position.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly at_least?: number;
}

/** The query of every list that can wait for a position. */
export class PageAtLeastQuery extends IntersectionType(PageQuery, AtLeastQuery) {}
