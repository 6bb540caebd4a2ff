import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import type { Driven, ParkedLine } from './parked.service.js';

/** So many are looked at in one request at most. */
export const PARKED_MAX = 200;

/** How many are meant, the oldest first; in the query of the list and in the body of a retry. */
export class ParkedChoice {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: PARKED_MAX, default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(PARKED_MAX)
  readonly limit: number = 50;
}

export class ParkedItem implements ParkedLine {
  @ApiProperty({ type: 'integer' })
  readonly parked_sequence: number;

  @ApiProperty({ format: 'date-time' })
  readonly parked_at: string;

  @ApiProperty({ example: 'site.site-a.mark' })
  readonly subject: string;

  @ApiProperty({ description: 'The code of the failure it was parked for.' })
  readonly reason: string;

  @ApiProperty({ type: 'integer' })
  readonly deliveries: number;
}

export class ParkedList {
  @ApiProperty({ type: [ParkedItem] })
  readonly items: readonly ParkedItem[];
}

export class DrivenAnswer implements Driven {
  @ApiProperty({ type: 'integer' })
  readonly handled: number;

  @ApiProperty({ type: 'integer', description: 'What failed again, and stays.' })
  readonly parked_again: number;
}
