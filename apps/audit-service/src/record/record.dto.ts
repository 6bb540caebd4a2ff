import { RESOURCE_KINDS, type ResourceKind, TRANSFER_STATES, type TransferStatus } from '@hub-export/contracts';
import { PageQuery } from '@hub-export/http-edge';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, IsString, IsUUID, Length, Matches, Max, Min } from 'class-validator';

/** UTC, of a year that databases know. */
const MOMENT = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

/** What both lists of the audit can be narrowed by. */
export class RecordQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Who acted: `user:<subject>` or `system:<reason>`.' })
  @IsOptional()
  @IsString()
  @Length(1, 300)
  @Matches(/^(user|system):[^\0\p{Cs}]+$/u)
  readonly actor?: string;

  @ApiPropertyOptional({ enum: RESOURCE_KINDS })
  @IsOptional()
  @IsIn(RESOURCE_KINDS)
  readonly resource_kind?: ResourceKind;

  @ApiPropertyOptional({ description: 'SHA-256, 64 hexadecimal digits.' })
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/)
  readonly resource_hash?: string;

  @ApiPropertyOptional({ description: 'Recorded at or after this moment; ISO 8601 in UTC.' })
  @IsOptional()
  @Matches(MOMENT)
  @IsISO8601({ strict: true, strictSeparator: true })
  readonly from?: string;

  @ApiPropertyOptional({ description: 'Recorded before this moment; ISO 8601 in UTC.' })
  @IsOptional()
  @Matches(MOMENT)
  @IsISO8601({ strict: true, strictSeparator: true })
  readonly to?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'The `position` of a write that the answer must contain.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly at_least?: number;
}

/** The query of the list of transfers; actor, from and to ask for one event that fulfils them all. */
export class TransferListQuery extends RecordQuery {
  @ApiPropertyOptional({ enum: TRANSFER_STATES })
  @IsOptional()
  @IsIn(TRANSFER_STATES)
  readonly status?: TransferStatus;

  @ApiPropertyOptional({ description: 'The hub.' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,159}$/)
  readonly target_node_key?: string;

  @ApiPropertyOptional({ description: 'Center key.' })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  @Matches(/^[^\0\p{Cs}]+$/u)
  readonly center?: string;
}

/** The query of the list of events. */
export class EventListQuery extends RecordQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  readonly transfer_id?: string;

  @ApiPropertyOptional({ description: 'The name of an event, such as `TransferFailed`.' })
  @IsOptional()
  @Matches(/^[A-Za-z][A-Za-z0-9]{0,63}$/)
  readonly type?: string;
}
