import { RESOURCE_KINDS, type ResourceKind, TRANSFER_STATES, type TransferStatus } from '@hub-export/contracts';
import { PageAtLeastQuery } from '@hub-export/service-runtime';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsISO8601, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import { type Outcome, OUTCOMES } from './action.js';

/** UTC, of a year that databases know. */
const MOMENT = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** What both lists of the audit can be narrowed by. */
export class RecordQuery extends PageAtLeastQuery {
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
  @Matches(SHA256)
  readonly resource_hash?: string;

  @ApiPropertyOptional({ description: 'Center key.' })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  @Matches(/^[^\0\p{Cs}]+$/u)
  readonly center?: string;

  @ApiPropertyOptional({ description: 'The hub.' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,159}$/)
  readonly target_node_key?: string;

  @ApiPropertyOptional({ description: 'The site’s pseudonym of the patient, a SHA-256.' })
  @IsOptional()
  @Matches(SHA256)
  readonly patient_hash?: string;

  @ApiPropertyOptional({ description: 'The site’s pseudonym of the examination, a SHA-256.' })
  @IsOptional()
  @Matches(SHA256)
  readonly examination_hash?: string;

  @ApiPropertyOptional({ description: 'Recorded (a transfer: marked first) at or after this moment; ISO 8601 in UTC.' })
  @IsOptional()
  @Matches(MOMENT)
  @IsISO8601({ strict: true, strictSeparator: true })
  readonly from?: string;

  @ApiPropertyOptional({ description: 'Recorded (a transfer: marked first) before this moment; ISO 8601 in UTC.' })
  @IsOptional()
  @Matches(MOMENT)
  @IsISO8601({ strict: true, strictSeparator: true })
  readonly to?: string;

  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'Also says how many there are, pages apart.' })
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  readonly with_total: boolean = false;
}

/** The query of the list of transfers; the actor is anybody who ever acted on it. */
export class TransferListQuery extends RecordQuery {
  @ApiPropertyOptional({ enum: TRANSFER_STATES })
  @IsOptional()
  @IsIn(TRANSFER_STATES)
  readonly status?: TransferStatus;
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

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IsOptional()
  @IsIn(OUTCOMES)
  readonly outcome?: Outcome;
}
