/** The words of the specification, one list each; every table, event, subject and page uses these. */

export const RESOURCE_KINDS = ['video', 'report'] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** Anonymization states of the site ("Eligible Resources"); `UNKNOWN` is any other word, and never eligible. */
export const ANONYMIZATION_STATES = [
  'NOT_STARTED',
  'STARTED',
  'EXTRACTING_FRAMES',
  'PROCESSING_ANONYMIZING',
  'FAILED',
  'ANONYMIZED',
  'DONE_PROCESSING_ANONYMIZATION',
  'VALIDATED',
  'UNKNOWN',
] as const;
export type AnonymizationState = (typeof ANONYMIZATION_STATES)[number];

/** "the anonymization state is one of" of the specification; a deployment or a hub may only narrow it. */
export const ELIGIBLE_STATES = ['ANONYMIZED', 'DONE_PROCESSING_ANONYMIZATION', 'VALIDATED'] as const;
export type EligibleState = (typeof ELIGIBLE_STATES)[number];

export const SEGMENT_STATES = [
  'not_started',
  'cleanup_required',
  'cleanup_queued',
  'cleanup_running',
  'cleanup_failed',
  'validated',
] as const;
export type SegmentState = (typeof SEGMENT_STATES)[number];

/** The sender state machine of the specification. */
export const TRANSFER_STATES = [
  'not_marked',
  'marked',
  'queued',
  'registering',
  'awaiting_media',
  'uploading',
  'completed',
  'failed',
] as const;
export type TransferStatus = (typeof TRANSFER_STATES)[number];

/** Priorities of transfers go from 0, the usual one, to this; a hub's are begun by the higher one first. */
export const TRANSFER_PRIORITY_MAX = 9;

/** The only mode the sender uses ("Transfer Mode Policy"). */
export const TRANSFER_MODE = 'metadata_and_processed_media';

/** "Allowed sender policies" of the specification; the first is the default. */
export const LOCAL_CLEANUP_POLICIES = ['retain_processed_media', 'eligible_after_verified_apply'] as const;
export type LocalCleanupPolicy = (typeof LOCAL_CLEANUP_POLICIES)[number];

/** A hub's wire contract; `payload_schema_version` alone does not identify it. */
export const HUB_PROFILES = [
  'endoreg-2.0',
  'endoreg-3.0',
  'endoreg-3.0-envelope',
  'endoreg-3.0-envelope-raw-hash',
] as const;
export type HubProfile = (typeof HUB_PROFILES)[number];

export const NODE_ROLES = ['site_node', 'central_hub'] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

/** Why an attempt failed; the class alone decides whether it is tried again. */
export const FAILURE_CLASSES = [
  'transient',
  'configuration',
  'authorization',
  'integrity',
  'ineligible',
  'worker_lost',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export const ATTEMPT_STAGES = ['registration', 'awaiting_media', 'upload'] as const;
export type AttemptStage = (typeof ATTEMPT_STAGES)[number];

/** By whose word a transfer was queued. */
export const QUEUE_REASONS = ['operator', 'auto_queue', 'retry_policy', 'eligible_again'] as const;
export type QueueReason = (typeof QUEUE_REASONS)[number];

export const HOLD_REASONS = ['operator', 'ineligible'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/**
 * The site's word for an anonymization state, in any case; `PROCESSING_ANONYMIZATION` is a spelling in use for
 * `PROCESSING_ANONYMIZING`. A word that is not known fails closed.
 */
export function anonymizationStateOf(word: string): AnonymizationState {
  const upper = word.toUpperCase();
  if (upper === 'PROCESSING_ANONYMIZATION') return 'PROCESSING_ANONYMIZING';
  return ANONYMIZATION_STATES.find((state) => state === upper) ?? 'UNKNOWN';
}
