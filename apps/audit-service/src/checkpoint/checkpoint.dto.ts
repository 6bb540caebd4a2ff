import { PageQuery } from '@hub-export/http-edge';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** The query of the list of checkpoints. */
export class CheckpointListQuery extends PageQuery {}

/** The query of a consistency proof. */
export class ConsistencyQuery {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'Entries of the earlier checkpoint.' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly from!: number;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'Entries of the later checkpoint.' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly to!: number;
}

/** The query of an inclusion proof. */
export class ProofQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description: 'Entries of the checkpoint; by default the first one that covers the entry.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly size?: number;
}
