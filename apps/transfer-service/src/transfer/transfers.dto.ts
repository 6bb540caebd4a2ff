import {
  FAILURE_CLASSES,
  type FailureClass,
  RESOURCE_KINDS,
  type ResourceKind,
  SHA256_HEX,
  TRANSFER_PRIORITY_MAX,
  TRANSFER_STATES,
  type TransferStatus,
} from '@hub-export/contracts';
import { PageQuery } from '@hub-export/http-edge';
import { ApiProperty, ApiPropertyOptional, IntersectionType, PickType } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

/** So many transfers one request may name or select. */
export const TRANSFERS_PER_COMMAND_MAX = 200;

const CLEANUP_FILTERS = ['eligible', 'retained'] as const;

export class TransferFilter {
  @ApiPropertyOptional({ enum: TRANSFER_STATES })
  @IsOptional()
  @IsIn(TRANSFER_STATES)
  readonly status?: TransferStatus;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @Length(1, 160)
  readonly target_node_key?: string;

  @ApiPropertyOptional({ enum: RESOURCE_KINDS })
  @IsOptional()
  @IsIn(RESOURCE_KINDS)
  readonly resource_kind?: ResourceKind;

  @ApiPropertyOptional({ description: 'SHA-256 of the resource, 64 hexadecimal digits' })
  @IsOptional()
  @Matches(SHA256_HEX)
  readonly resource_hash?: string;

  @ApiPropertyOptional({
    enum: CLEANUP_FILTERS,
    description: 'Completed ones whose local media the site may clean up (`eligible`) or is to keep (`retained`)',
  })
  @IsOptional()
  @IsIn(CLEANUP_FILTERS)
  readonly cleanup?: (typeof CLEANUP_FILTERS)[number];

  @ApiPropertyOptional({ enum: FAILURE_CLASSES, description: 'Of the last failure' })
  @IsOptional()
  @IsIn(FAILURE_CLASSES)
  readonly failure_class?: FailureClass;

  @ApiPropertyOptional({ description: 'Those that used up their automatic attempts' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  readonly retries_exhausted?: boolean;

  @ApiPropertyOptional({ description: 'The source center' })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  readonly center?: string;
}

export class TransferQuery extends IntersectionType(TransferFilter, PageQuery) {
  @ApiPropertyOptional({ type: Number, description: 'Waits until the view holds this position.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly at_least?: number;
}

export class PositionQuery extends PickType(TransferQuery, ['at_least']) {}

/** Either the transfers by name, or those that a filter finds and the order applies to (at most 200 at a time). */
export class TransferCommandBody {
  @ApiPropertyOptional({ type: [String], format: 'uuid', maxItems: TRANSFERS_PER_COMMAND_MAX })
  @ValidateIf(({ filter, transfer_ids }: TransferCommandBody) => !filter || transfer_ids !== undefined)
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(TRANSFERS_PER_COMMAND_MAX)
  @IsUUID('all', { each: true })
  readonly transfer_ids?: string[];

  @ApiPropertyOptional({ type: TransferFilter })
  @IsOptional()
  @ValidateNested()
  @Type(() => TransferFilter)
  readonly filter?: TransferFilter;
}

/** Body of the orders that queue. */
export class QueueCommandBody extends TransferCommandBody {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: TRANSFER_PRIORITY_MAX,
    description:
      'Among those that wait for the same hub the higher is begun first; 0 is the usual one. Without it a transfer keeps the one it has.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(TRANSFER_PRIORITY_MAX)
  readonly priority?: number;
}

export class TransferResult {
  @ApiProperty({ format: 'uuid' })
  readonly transfer_id: string;

  @ApiProperty({ enum: ['queued', 'held', 'released', 'unchanged', 'refused'] })
  readonly outcome: 'queued' | 'held' | 'released' | 'unchanged' | 'refused';

  @ApiPropertyOptional()
  readonly code?: string;

  @ApiPropertyOptional()
  readonly detail?: string;
}

export class TransferResults {
  @ApiProperty({ type: [TransferResult] })
  readonly results: readonly TransferResult[];

  @ApiProperty({ description: 'By filter: how many more the order would have applied to; else 0' })
  readonly remaining: number;

  @ApiProperty({ description: 'The place in the log that holds all of it' })
  readonly position: number;
}
