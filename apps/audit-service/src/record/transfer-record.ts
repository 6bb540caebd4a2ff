import type {
  Acknowledgement,
  Actor,
  FrozenIntent,
  HoldReason,
  LocalCleanupPolicy,
  QueueReason,
  ResourceKind,
  ResourceMarked,
  TransferCompleted,
  TransferEvent,
  TransferStatus,
} from '@hub-export/contracts';
import {
  type AttemptEvent,
  attemptBegun,
  type AttemptRecord,
  evolveAttempt,
  failureOf,
  type FailureRecord,
} from './attempt-record.js';

/** A mark or its withdrawal: "attributable to a user or explicit system action". */
export type MarkRecord =
  | {
      readonly action: 'marked';
      readonly by: Actor;
      readonly at: string;
      /** The version of the resource that was found eligible. */
      readonly resource_version: number;
      /** The policy as it stood at that moment. */
      readonly local_cleanup_policy: LocalCleanupPolicy;
    }
  | { readonly action: 'unmarked'; readonly by: Actor; readonly at: string };

/** A queueing, and what was frozen then: the same bytes are meant until the next one says otherwise. */
export interface QueueRecord extends FrozenIntent {
  readonly reason: QueueReason;
  readonly by: Actor;
  readonly at: string;
  /** It followed a failure: with the reason `operator`, somebody ordered the retry. */
  readonly is_retry: boolean;
  /** Missing where the order said none. */
  readonly priority?: number;
}

export interface HoldRecord {
  readonly action: 'held' | 'released';
  readonly reason: HoldReason;
  readonly by: Actor;
  readonly at: string;
}

/** "The final sender-visible hub outcome", verified. */
export interface FinalOutcome {
  readonly status: 'completed';
  readonly attempt: number;
  readonly hub_transfer_id: string;
  readonly transfer_status: string;
  readonly processing_decision: string;
  readonly acknowledgement: Acknowledgement;
  readonly acknowledgement_digest: string;
  readonly at: string;
}

/** What became of the local media; nothing is deleted here. */
export interface LocalCleanupRecord {
  readonly policy: LocalCleanupPolicy;
  readonly outcome: 'retained' | 'cleanup_eligible' | null;
  readonly at: string | null;
}

/** What the site told of a resource that auditors ask by; pseudonyms are hashes of the site, never the person. */
export interface ResourceFacts {
  readonly center_key: string | null;
  readonly patient_hash: string | null;
  readonly examination_hash: string | null;
}

/** A resource of which nothing was told. */
export const UNKNOWN_RESOURCE: ResourceFacts = { center_key: null, patient_hash: null, examination_hash: null };

/** All that the specification's "Audit Requirements" ask of one transfer, and all that happened to it. */
export interface TransferRecord {
  readonly transfer_id: string;
  readonly transfer_key: string;
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly source_node_key: string;
  readonly target_node_key: string;
  readonly center_key: string;
  /** As the site had told them when the resource was marked last. */
  readonly patient_hash: string | null;
  readonly examination_hash: string | null;
  readonly status: TransferStatus;
  readonly held: readonly HoldReason[];
  /** Every mark and unmark; the last mark is the one under which it was queued. */
  readonly marks: readonly MarkRecord[];
  readonly queues: readonly QueueRecord[];
  readonly holds: readonly HoldRecord[];
  readonly attempts: readonly AttemptRecord[];
  /** Kept after a later success. */
  readonly last_failure: FailureRecord | null;
  readonly final_outcome: FinalOutcome | null;
  readonly local_cleanup: LocalCleanupRecord;
}

/**
 * The record after one more fact; null as long as it was never marked, since then no transfer intent exists.
 * @param resource what is known of the resource at a mark.
 */
export function evolveRecord(
  record: TransferRecord | null,
  event: TransferEvent,
  resource: ResourceFacts = UNKNOWN_RESOURCE,
): TransferRecord | null {
  if (event.type === 'ResourceMarked') return marked(record, event, resource);
  return record === null ? null : evolve(record, event);
}

function marked(record: TransferRecord | null, event: ResourceMarked, resource: ResourceFacts): TransferRecord {
  const { at, by, source_center_key, resource_version, local_cleanup_policy } = event;
  const { transfer_id, transfer_key, resource_kind, resource_hash, source_node_key, target_node_key } = event;
  return {
    transfer_id,
    transfer_key,
    resource_kind,
    resource_hash,
    source_node_key,
    target_node_key,
    center_key: source_center_key,
    patient_hash: resource.patient_hash,
    examination_hash: resource.examination_hash,
    status: 'marked',
    held: [],
    marks: [...(record?.marks ?? []), { action: 'marked', by, at, resource_version, local_cleanup_policy }],
    queues: record?.queues ?? [],
    holds: record?.holds ?? [],
    attempts: record?.attempts ?? [],
    last_failure: record?.last_failure ?? null,
    final_outcome: null,
    local_cleanup: { policy: local_cleanup_policy, outcome: null, at: null },
  };
}

function evolve(record: TransferRecord, event: Exclude<TransferEvent, ResourceMarked>): TransferRecord {
  const { at, by } = event;
  switch (event.type) {
    case 'ResourceUnmarked':
      return { ...record, status: 'not_marked', marks: [...record.marks, { action: 'unmarked', by, at }] };
    case 'TransferQueued': {
      const { reason, frozen, priority } = event;
      const asked = priority === undefined ? {} : { priority };
      const queue = { reason, by, at, is_retry: record.status === 'failed', ...frozen, ...asked };
      return { ...record, status: 'queued', queues: [...record.queues, queue] };
    }
    case 'TransferHeld': {
      const { reason } = event;
      const held = [...record.held.filter((other) => other !== reason), reason];
      return { ...record, held, holds: [...record.holds, { action: 'held', reason, by, at }] };
    }
    case 'TransferReleased': {
      const { reason } = event;
      const held = record.held.filter((other) => other !== reason);
      return { ...record, held, holds: [...record.holds, { action: 'released', reason, by, at }] };
    }
    case 'RegistrationStarted':
      return { ...record, status: 'registering', attempts: [...record.attempts, attemptBegun(event)] };
    case 'RegistrationAccepted':
      return { ...withAttempt(record, event), status: 'awaiting_media' };
    case 'UploadStarted':
      return { ...withAttempt(record, event), status: 'uploading' };
    case 'TransferCompleted':
      return { ...withAttempt(record, event), status: 'completed', final_outcome: finalOutcome(event) };
    case 'TransferFailed':
      return { ...withAttempt(record, event), status: 'failed', last_failure: failureOf(event) };
    case 'OutcomeUnknown':
    case 'HubAsked':
      return withAttempt(record, event);
    case 'LocalMediaRetained':
      return { ...record, local_cleanup: { ...record.local_cleanup, outcome: 'retained', at } };
    case 'LocalMediaCleanupEligible':
      return { ...record, local_cleanup: { ...record.local_cleanup, outcome: 'cleanup_eligible', at } };
  }
}

function withAttempt(record: TransferRecord, event: AttemptEvent): TransferRecord {
  const attempts = record.attempts.map((attempt) =>
    attempt.attempt === event.attempt ? evolveAttempt(attempt, event) : attempt,
  );
  return { ...record, attempts };
}

function finalOutcome({ attempt, acknowledgement, acknowledgement_digest, at }: TransferCompleted): FinalOutcome {
  const { hub_transfer_id, transfer_status, processing_decision } = acknowledgement;
  const answer = { hub_transfer_id, transfer_status, processing_decision };
  return { status: 'completed', attempt, ...answer, acknowledgement, acknowledgement_digest, at };
}
