import {
  ANONYMIZATION_STATES,
  RESOURCE_KINDS,
  type ResourceKind,
  TRANSFER_STATES,
  type TransferStatus,
} from '@hub-export/contracts';
import { PageQuery } from '@hub-export/http-edge';
import { AtLeastQuery } from '@hub-export/service-runtime';
import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { type Direction, type Sort, SORTS } from './resource-list.js';
import { type View, VIEWS } from './resource-views.js';

/** The query of one resource. */
export class ResourceQuery extends AtLeastQuery {
  @ApiPropertyOptional({ description: 'The hub that it is held against; by default the only active one.' })
  @IsOptional()
  @IsString()
  @Length(1, 160)
  readonly target_node_key?: string;
}

/** What narrows the list and the counts beside the view. */
export class ResourceFilterQuery extends AtLeastQuery {
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

  @ApiPropertyOptional({
    description:
      'The beginning of a resource hash, a local id, or a part of a center; of a file name where they are shown.',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toLowerCase() : value))
  @Matches(/^[^\p{C}]{1,64}$/u, { message: 'must have 1 to 64 printable characters' })
  readonly q?: string;
}

/** The query of the list. */
export class ResourceListQuery extends IntersectionType(ResourceFilterQuery, PageQuery) {
  @ApiPropertyOptional({
    enum: VIEWS,
    default: 'exportable',
    description: 'Anonymized, complete, not completed yet; or what is blocked, in transfer, failed, completed; or all.',
  })
  @IsIn(VIEWS)
  readonly view: View = 'exportable';

  @ApiPropertyOptional({ enum: SORTS, default: 'created_at' })
  @IsIn(SORTS)
  readonly sort: Sort = 'created_at';

  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'desc' })
  @IsIn(['asc', 'desc'])
  readonly direction: Direction = 'desc';
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
