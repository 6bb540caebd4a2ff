import { IsBoolean, IsDefined, IsIn, IsInt, IsISO8601, IsObject, IsOptional, Matches, Max, Min } from 'class-validator';
import { isObject } from '../closed-schema.js';
import { refuseFaults, type Fault, within } from '../contract-fault.js';
import { Count, Nested, NodeKey, Sha256, Text } from '../events/rules.js';
import { faultsOf } from '../parse.js';
import { AGE_BANDS, type AgeBand } from '../privacy.js';
import { RESOURCE_KINDS, type ResourceKind, SEGMENT_STATES, type SegmentState } from '../vocabulary.js';
import { rowsSchema, type SnapshotRows } from './rows.js';

/** The processed media as the site has it: "processed media exists locally". */
export class ProcessedMedia {
  @IsBoolean()
  readonly present: boolean;

  @IsOptional()
  @Sha256()
  readonly sha256?: string | null;

  /** Bytes. */
  @IsOptional()
  @Count()
  readonly size?: number | null;

  /** With its dot, as `.mp4`. */
  @IsOptional()
  @Matches(/^\.[a-z0-9]{1,8}$/)
  readonly suffix?: string | null;

  /** Where the sender opens it: `file:` below the media root, or `https:` of the site. Never in events or logs. */
  @IsOptional()
  @Text(2048)
  @Matches(/^(file|https):./)
  readonly locator?: string | null;
}

/** What the k-anonymity of the export page is computed from: bands, never a date of birth or of an examination. */
export class PrivacyBands {
  @IsOptional()
  @IsInt()
  @Min(1900)
  @Max(2200)
  readonly exam_year?: number | null;

  @IsOptional()
  @IsIn(AGE_BANDS)
  readonly age_band?: AgeBand | null;

  @IsOptional()
  @Matches(/^[a-z][a-z_]{0,31}$/)
  readonly gender?: string | null;
}

/** How a resource stands at the site: the body of `PUT /v1/resources/{kind}/{resource_hash}`. Read it with `parseSnapshot`. */
export class ResourceSnapshot {
  /** The site's own order; a lower one than seen is stale. */
  @Count()
  readonly source_version: number;

  /** The site's number of it, stable for its export page; not part of any identity. */
  @IsOptional()
  @Count()
  readonly local_id?: number | null;

  /** "the canonical machine-facing center identifier". */
  @IsOptional()
  @Text(255)
  readonly center_key?: string | null;

  @IsOptional()
  @Text(255)
  readonly center_name?: string | null;

  /** The site's word in any case; see `anonymizationStateOf`. */
  @Text(64)
  readonly anonymization_state: string;

  @IsOptional()
  @IsBoolean()
  readonly processing_error?: boolean | null;

  @Nested(() => ProcessedMedia)
  readonly processed_media: ProcessedMedia;

  @IsOptional()
  @IsIn(SEGMENT_STATES)
  readonly segment_status?: SegmentState | null;

  @IsOptional()
  @IsBoolean()
  readonly ready_for_export?: boolean | null;

  /** Closed by the kind of the resource: `VIDEO_ROWS` or `REPORT_ROWS`. */
  @IsDefined()
  @IsObject()
  readonly rows: SnapshotRows;

  @IsOptional()
  @Nested(() => PrivacyBands)
  readonly privacy?: PrivacyBands | null;

  /** For the site's own page only; it may name a person, so it goes nowhere else. */
  @IsOptional()
  @Text(255)
  readonly file_name?: string | null;

  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  readonly created_at?: string | null;
}

/** `site.<node_key>.resource.changed`: the same snapshot from the bus. Read it with `parseSiteResourceChanged`. */
export class SiteResourceChanged extends ResourceSnapshot {
  @NodeKey()
  readonly node_key: string;

  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind;

  @Sha256()
  readonly resource_hash: string;
}

/**
 * A snapshot of a resource of this kind, as it was given.
 * @throws {ContractFault} `privacy_field_forbidden` if any member names a person, else `invalid_resource_snapshot`;
 * with all faults.
 */
export function parseSnapshot(kind: ResourceKind, value: unknown): ResourceSnapshot {
  refuseFaults('resource_snapshot', snapshotFaults(ResourceSnapshot, kind, value));
  return value as ResourceSnapshot;
}

/** @throws {ContractFault} as `parseSnapshot`, or `invalid_site_resource_changed`. */
export function parseSiteResourceChanged(value: unknown): SiteResourceChanged {
  const kind = isObject(value) && value.resource_kind === 'report' ? 'report' : 'video';
  refuseFaults('site_resource_changed', snapshotFaults(SiteResourceChanged, kind, value));
  return value as SiteResourceChanged;
}

/** The rows are many, so that the closed schema reads them and not the classes. */
function snapshotFaults(type: new () => ResourceSnapshot, kind: ResourceKind, value: unknown): readonly Fault[] {
  if (!isObject(value) || !isObject(value.rows)) return faultsOf(type, value);
  return [...faultsOf(type, { ...value, rows: {} }), ...within('rows', rowsSchema(kind).check(value.rows))];
}
