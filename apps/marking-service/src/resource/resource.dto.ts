import {
  ANONYMIZATION_STATES,
  RESOURCE_KINDS,
  type ResourceKind,
  TRANSFER_STATES,
  type TransferStatus,
} from '@hub-export/contracts';
import { PageQuery } from '@hub-export/http-edge';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';

/** Waiting for one's own writes, on every read. */
export class AtLeastQuery {
  @ApiPropertyOptional({ description: 'The `position` of a write that the answer must contain.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly at_least?: number;
}

/** The query of one resource. */
export class ResourceQuery extends AtLeastQuery {
  @ApiPropertyOptional({ description: 'The hub that it is held against; by default the only active one.' })
  @IsOptional()
  @IsString()
  @Length(1, 160)
  readonly target_node_key?: string;
}

export const VIEWS = ['exportable', 'all'] as const;
export const SORTS = ['newest', 'oldest'] as const;

/** The query of the list. */
export class ResourceListQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: VIEWS,
    default: 'exportable',
    description: 'Anonymized, complete, not completed yet; or all.',
  })
  @IsIn(VIEWS)
  readonly view: (typeof VIEWS)[number] = 'exportable';

  @ApiPropertyOptional({ enum: SORTS, default: 'newest', description: 'By the time of creation at the site.' })
  @IsIn(SORTS)
  readonly sort: (typeof SORTS)[number] = 'newest';

  @ApiPropertyOptional({ enum: RESOURCE_KINDS })
  @IsOptional()
  @IsIn(RESOURCE_KINDS)
  readonly kind?: ResourceKind;

  @ApiPropertyOptional({ description: 'Anonymization state, in any case.' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toUpperCase() : value))
  @IsIn(ANONYMIZATION_STATES)
  readonly state?: (typeof ANONYMIZATION_STATES)[number];

  @ApiPropertyOptional({ description: 'Center key.' })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  readonly center?: string;

  @ApiPropertyOptional({ enum: TRANSFER_STATES })
  @IsOptional()
  @IsIn(TRANSFER_STATES)
  readonly status?: TransferStatus;

  @ApiPropertyOptional({ description: 'The hub whose transfers are shown; by default the only active one.' })
  @IsOptional()
  @IsString()
  @Length(1, 160)
  readonly target_node_key?: string;

  @ApiPropertyOptional({ description: 'The beginning of a resource hash, or a local id.' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toLowerCase() : value))
  @Matches(/^[0-9a-f]{1,64}$/)
  readonly q?: string;

  @ApiPropertyOptional({ description: 'The `position` of a write that the answer must contain.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly at_least?: number;
}

/** The version of a withdrawal. */
export class WithdrawalDto {
  @ApiPropertyOptional({ description: "The site's own order, newer than that of the last snapshot." })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly source_version?: number;
}
