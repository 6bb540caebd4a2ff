import { IsBoolean, IsIn, IsInt, Matches } from 'class-validator';
import {
  ANONYMIZATION_STATES,
  type AnonymizationState,
  RESOURCE_KINDS,
  type ResourceKind,
  SEGMENT_STATES,
  type SegmentState,
} from '../vocabulary.js';
import { Count, Fact, Nested, NodeKey, Nullable, Sha256, Text } from './rules.js';

/** What is known of the processed media, without where it lies. */
export class ProcessedMediaFacts {
  @IsBoolean()
  readonly present: boolean;

  @Nullable()
  @Sha256()
  readonly sha256: string | null;

  /** Bytes. */
  @Nullable()
  @Count()
  readonly size: number | null;

  @Nullable()
  @Matches(/^\.[a-z0-9]{1,8}$/)
  readonly suffix: string | null;
}

/**
 * The site told us how a resource stands. The whole snapshot, which may hold clinical text, lies apart under its
 * digest; the event bears only what rules and auditors need.
 */
export class ResourceReported extends Fact {
  readonly type = 'ResourceReported' as const;

  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind;

  @Sha256()
  readonly resource_hash: string;

  @NodeKey()
  readonly source_node_key: string;

  /** The site's own order of snapshots; a lower one than seen is stale. */
  @Count()
  readonly source_version: number;

  @Sha256()
  readonly snapshot_digest: string;

  @Nullable()
  @IsInt()
  readonly local_id: number | null;

  @Nullable()
  @Text(255)
  readonly center_key: string | null;

  @IsIn(ANONYMIZATION_STATES)
  readonly anonymization_state: AnonymizationState;

  @IsBoolean()
  readonly processing_error: boolean;

  @Nested(() => ProcessedMediaFacts)
  readonly processed_media: ProcessedMediaFacts;

  @Nullable()
  @IsIn(SEGMENT_STATES)
  readonly segment_status: SegmentState | null;

  /** The rows' hashes agree with each other, with the resource and with the processed media. */
  @IsBoolean()
  readonly hashes_consistent: boolean;

  /** Reports: anonymized text is there. Videos: the row's facts and `frame_count` are there. */
  @IsBoolean()
  readonly content_complete: boolean;

  /** Pseudonyms, never the person: SHA-256 of the site. */
  @Nullable()
  @Sha256()
  readonly patient_hash: string | null;

  @Nullable()
  @Sha256()
  readonly examination_hash: string | null;
}

/** The site took the resource back; it is not eligible any more. */
export class ResourceWithdrawn extends Fact {
  readonly type = 'ResourceWithdrawn' as const;

  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind;

  @Sha256()
  readonly resource_hash: string;

  @Count()
  readonly source_version: number;
}

export type ResourceEvent = ResourceReported | ResourceWithdrawn;
export const RESOURCE_EVENTS = { ResourceReported, ResourceWithdrawn } as const;
