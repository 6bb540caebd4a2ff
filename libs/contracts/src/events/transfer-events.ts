import { IsBoolean, IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import {
  ATTEMPT_STAGES,
  type AttemptStage,
  FAILURE_CLASSES,
  type FailureClass,
  HOLD_REASONS,
  type HoldReason,
  HUB_PROFILES,
  type HubProfile,
  LOCAL_CLEANUP_POLICIES,
  type LocalCleanupPolicy,
  QUEUE_REASONS,
  type QueueReason,
  RESOURCE_KINDS,
  type ResourceKind,
  TRANSFER_PRIORITY_MAX,
} from '../vocabulary.js';
import { Acknowledgement } from './acknowledgement.js';
import { Code, Count, Fact, Later, Moment, Nested, NodeKey, Nullable, Ordinal, Sha256, Text } from './rules.js';

/** "marked": an operator, or the system with a reason, allowed this resource to leave for this hub. */
export class ResourceMarked extends Fact {
  readonly type = 'ResourceMarked' as const;

  @IsUUID()
  readonly transfer_id: string;

  @Text(255)
  readonly transfer_key: string;

  @NodeKey()
  readonly source_node_key: string;

  @Text(255)
  readonly source_center_key: string;

  @NodeKey()
  readonly target_node_key: string;

  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind;

  @Sha256()
  readonly resource_hash: string;

  /** The stream version of the resource that was found eligible. */
  @Ordinal()
  readonly resource_version: number;

  @IsIn(LOCAL_CLEANUP_POLICIES)
  readonly local_cleanup_policy: LocalCleanupPolicy;
}

/** "reversible before queueing". */
export class ResourceUnmarked extends Fact {
  readonly type = 'ResourceUnmarked' as const;
}

/** What is sent, frozen: every attempt sends these bytes, since the hub compares the whole payload. */
export class FrozenIntent {
  @IsIn(HUB_PROFILES)
  readonly profile: HubProfile;

  @Sha256()
  readonly payload_digest: string;

  @Sha256()
  readonly snapshot_digest: string;

  @Sha256()
  readonly media_sha256: string;

  /** Bytes. */
  @Ordinal()
  readonly media_size: number;

  @Ordinal()
  readonly resource_version: number;
}

/** "Ready for the sender worker to attempt registration with the hub." */
export class TransferQueued extends Fact {
  readonly type = 'TransferQueued' as const;

  @IsIn(QUEUE_REASONS)
  readonly reason: QueueReason;

  @Nested(() => FrozenIntent)
  readonly frozen: FrozenIntent;

  /** Said with this order, from 0 to 9, the higher the sooner; without it the transfer keeps the one it had. */
  @Later()
  @IsInt()
  @Min(0)
  @Max(TRANSFER_PRIORITY_MAX)
  readonly priority?: number;
}

export class EligibilityEvidence {
  @IsBoolean()
  readonly eligible: boolean;

  @Ordinal()
  readonly resource_version: number;
}

class AttemptFact extends Fact {
  /** Counts from 1 over the whole life. */
  @Ordinal()
  readonly attempt: number;

  /** Sent to the hub as the request id, so that its journal and ours can be laid beside each other. */
  @IsUUID()
  readonly attempt_id: string;

  /** The fencing token of the lease under which this was written. */
  @Ordinal()
  readonly lease_token: number;
}

/** "The sender is submitting transfer metadata to the hub." */
export class RegistrationStarted extends AttemptFact {
  readonly type = 'RegistrationStarted' as const;

  @Sha256()
  readonly payload_digest: string;

  @Nested(() => EligibilityEvidence)
  readonly eligibility: EligibilityEvidence;
}

/** "The hub accepted metadata and is waiting for processed media upload." */
export class RegistrationAccepted extends AttemptFact {
  readonly type = 'RegistrationAccepted' as const;

  @Text(64)
  readonly hub_transfer_id: string;

  @Code()
  readonly hub_status: string;

  @Code()
  readonly processing_decision: string;
}

/** "The sender is uploading processed media to the hub." Committed before the first byte leaves. */
export class UploadStarted extends AttemptFact {
  readonly type = 'UploadStarted' as const;

  @Sha256()
  readonly media_sha256: string;

  @Ordinal()
  readonly media_size: number;

  @Nested(() => EligibilityEvidence)
  readonly eligibility: EligibilityEvidence;
}

/** "The sender has received a terminal successful hub state", and every identity field of it was verified. */
export class TransferCompleted extends AttemptFact {
  readonly type = 'TransferCompleted' as const;

  @Nested(() => Acknowledgement)
  readonly acknowledgement: Acknowledgement;

  /** SHA-256 of the acknowledgement's canonical JSON. */
  @Sha256()
  readonly acknowledgement_digest: string;

  /** Media bytes sent in this attempt; 0 where the hub had them from an earlier one. */
  @Count()
  readonly bytes_sent: number;
}

/** "The last transfer attempt failed." */
export class TransferFailed extends AttemptFact {
  readonly type = 'TransferFailed' as const;

  @IsIn(ATTEMPT_STAGES)
  readonly stage: AttemptStage;

  @IsIn(FAILURE_CLASSES)
  readonly failure_class: FailureClass;

  @Code()
  readonly code: string;

  /** The sender tries again by itself, at `not_before` or when eligible again. */
  @IsBoolean()
  readonly retryable: boolean;

  /** It uses up one of the automatic attempts. A hub that asks for patience, or our own stop, does not. */
  @IsBoolean()
  readonly counted: boolean;

  /** The class would be tried again, but the limit of automatic attempts is reached. */
  @IsBoolean()
  readonly retries_exhausted: boolean;

  @Nullable()
  @Moment()
  readonly not_before: string | null;

  @Nullable()
  @Count()
  readonly http_status: number | null;

  @Count()
  readonly bytes_sent: number;
}

/** A transfer that waits in `queued` and is not dispatched. */
export class TransferHeld extends Fact {
  readonly type = 'TransferHeld' as const;

  @IsIn(HOLD_REASONS)
  readonly reason: HoldReason;
}

export class TransferReleased extends Fact {
  readonly type = 'TransferReleased' as const;

  @IsIn(HOLD_REASONS)
  readonly reason: HoldReason;
}

/** A request left and no answer came: whether it took effect is not known until the hub was asked. */
export class OutcomeUnknown extends AttemptFact {
  readonly type = 'OutcomeUnknown' as const;

  @IsIn(ATTEMPT_STAGES)
  readonly stage: AttemptStage;

  @Code()
  readonly code: string;

  @Nullable()
  @Count()
  readonly http_status: number | null;

  @Count()
  readonly bytes_sent: number;
}

/** What the hub said when it was asked for the status. */
export class HubAsked extends AttemptFact {
  readonly type = 'HubAsked' as const;

  @IsIn(['found', 'not_found'])
  readonly answer: 'found' | 'not_found';

  @Nullable()
  @Code()
  readonly hub_status: string | null;

  @Nullable()
  @Count()
  readonly http_status: number | null;
}

/** "retain local processed artifacts after verified hub apply". */
export class LocalMediaRetained extends Fact {
  readonly type = 'LocalMediaRetained' as const;
}

/** The site may clean up: "only after the hub has returned a successful terminal state". Nothing is deleted here. */
export class LocalMediaCleanupEligible extends Fact {
  readonly type = 'LocalMediaCleanupEligible' as const;
}

export type TransferEvent =
  | ResourceMarked
  | ResourceUnmarked
  | TransferQueued
  | RegistrationStarted
  | RegistrationAccepted
  | UploadStarted
  | TransferCompleted
  | TransferFailed
  | TransferHeld
  | TransferReleased
  | OutcomeUnknown
  | HubAsked
  | LocalMediaRetained
  | LocalMediaCleanupEligible;

export const TRANSFER_EVENTS = {
  ResourceMarked,
  ResourceUnmarked,
  TransferQueued,
  RegistrationStarted,
  RegistrationAccepted,
  UploadStarted,
  TransferCompleted,
  TransferFailed,
  TransferHeld,
  TransferReleased,
  OutcomeUnknown,
  HubAsked,
  LocalMediaRetained,
  LocalMediaCleanupEligible,
} as const;
