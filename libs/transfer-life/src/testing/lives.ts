import type { Acknowledgement, FailureClass, FrozenIntent, QueueReason, TransferEvent } from '@hub-export/contracts';
import type { Eligibility } from '../eligibility.js';
import { DEFAULT_RETRY_POLICY } from '../retry-policy.js';
import type { Intent, TransferCommand } from '../transfer.js';

/** Facts and commands of one example transfer, in the words of the stories. */

export const AT = '2026-11-02T08:00:00.000Z';
export const LATER = '2026-11-02T09:00:00.000Z';
export const BY = { kind: 'user', subject: 'operator-1', name: 'Operator One' } as const;
export const SENDER = { kind: 'system', reason: 'sender' } as const;
export const ATTEMPT_ID = '6f1f8a52-4a43-4b7e-9d3b-0d6a4a1c7a10';
const HASH = 'a'.repeat(64);
export const MEDIA = 'b'.repeat(64);

export const ELIGIBLE: Eligibility = { eligible: true, resourceVersion: 3 };
export const INELIGIBLE: Eligibility = {
  eligible: false,
  resourceVersion: 4,
  reasons: [{ code: 'not_anonymized', sentence: 'The resource is not anonymized.' }],
};

export const INTENT: Intent = {
  transfer_id: '0b9f3f8e-52f5-5d6c-8d52-0b7d2f4b9a01',
  transfer_key: `site-a__video__${HASH}__processed_v1`,
  source_node_key: 'site-a',
  source_center_key: 'center-a',
  target_node_key: 'hub',
  resource_kind: 'video',
  resource_hash: HASH,
  local_cleanup_policy: 'retain_processed_media',
};

export const FROZEN: FrozenIntent = {
  profile: 'endoreg-3.0',
  payload_digest: 'c'.repeat(64),
  snapshot_digest: 'd'.repeat(64),
  media_sha256: MEDIA,
  media_size: 4096,
  resource_version: 3,
};

export const ACKNOWLEDGEMENT: Acknowledgement = {
  hub_transfer_id: 'd5b1b7ad-5a54-4c57-9f5c-0f6f0a7be001',
  transfer_key: INTENT.transfer_key,
  source_node_key: 'site-a',
  target_node_key: 'hub',
  source_center_key: 'center-a',
  resource_kind: 'video',
  resource_hash: HASH,
  processed_media_hash: MEDIA,
  transfer_mode: 'metadata_and_processed_media',
  payload_schema_version: '3.0',
  transfer_status: 'applied',
  processing_decision: 'skip_processing_preserved_state',
};

type Event<Type extends TransferEvent['type']> = Extract<TransferEvent, { type: Type }>;
type Command<Type extends TransferCommand['type']> = Extract<TransferCommand, { type: Type }>;

function running(attempt: number) {
  return { at: AT, by: SENDER, attempt, attempt_id: ATTEMPT_ID, lease_token: 1 };
}

export const marked: Event<'ResourceMarked'> = {
  type: 'ResourceMarked',
  at: AT,
  by: BY,
  ...INTENT,
  resource_version: 3,
};
export const unmarked: Event<'ResourceUnmarked'> = { type: 'ResourceUnmarked', at: AT, by: BY };
export const held: Event<'TransferHeld'> = { type: 'TransferHeld', at: AT, by: BY, reason: 'operator' };
export const released: Event<'TransferReleased'> = { type: 'TransferReleased', at: AT, by: BY, reason: 'operator' };

export function queued(reason: QueueReason = 'operator', frozen = FROZEN): Event<'TransferQueued'> {
  return { type: 'TransferQueued', at: AT, by: BY, reason, frozen };
}

export function registrationStarted(attempt = 1): Event<'RegistrationStarted'> {
  const eligibility = { eligible: true, resource_version: 3 };
  return { type: 'RegistrationStarted', ...running(attempt), payload_digest: FROZEN.payload_digest, eligibility };
}

export function registrationAccepted(attempt = 1): Event<'RegistrationAccepted'> {
  return {
    type: 'RegistrationAccepted',
    ...running(attempt),
    hub_transfer_id: ACKNOWLEDGEMENT.hub_transfer_id,
    hub_status: 'awaiting_media',
    processing_decision: 'wait_for_missing_media',
  };
}

export function uploadStarted(attempt = 1): Event<'UploadStarted'> {
  const eligibility = { eligible: true, resource_version: 3 };
  return { type: 'UploadStarted', ...running(attempt), media_sha256: MEDIA, media_size: 4096, eligibility };
}

export function completed(attempt = 1, bytes_sent = 4096): Event<'TransferCompleted'> {
  return {
    type: 'TransferCompleted',
    ...running(attempt),
    acknowledgement: ACKNOWLEDGEMENT,
    acknowledgement_digest: 'e'.repeat(64),
    bytes_sent,
  };
}

export function failed(
  attempt = 1,
  failure_class: FailureClass = 'transient',
  more: Partial<Event<'TransferFailed'>> = {},
): Event<'TransferFailed'> {
  return {
    type: 'TransferFailed',
    ...running(attempt),
    stage: 'registration',
    failure_class,
    code: 'connection_refused',
    counted: true,
    retryable: failure_class === 'transient' || failure_class === 'worker_lost' || failure_class === 'ineligible',
    retries_exhausted: false,
    not_before: failure_class === 'transient' ? '2026-11-02T08:00:15.000Z' : null,
    http_status: null,
    bytes_sent: 0,
    ...more,
  };
}

export function outcomeUnknown(attempt = 1): Event<'OutcomeUnknown'> {
  return {
    type: 'OutcomeUnknown',
    ...running(attempt),
    stage: 'upload',
    code: 'headers_timeout',
    http_status: null,
    bytes_sent: 4096,
  };
}

export function hubAsked(attempt = 1, answer: 'found' | 'not_found' = 'found'): Event<'HubAsked'> {
  const hub_status = answer === 'found' ? 'awaiting_media' : null;
  return { type: 'HubAsked', ...running(attempt), answer, hub_status, http_status: answer === 'found' ? 200 : 404 };
}

export const MARK: Command<'MarkResource'> = {
  type: 'MarkResource',
  at: AT,
  by: BY,
  intent: INTENT,
  eligibility: ELIGIBLE,
};
export const UNMARK: Command<'UnmarkResource'> = { type: 'UnmarkResource', at: AT, by: BY };
export const HOLD: Command<'HoldTransfer'> = { type: 'HoldTransfer', at: AT, by: BY, reason: 'operator' };
export const RELEASE: Command<'ReleaseTransfer'> = { type: 'ReleaseTransfer', at: AT, by: BY, reason: 'operator' };

export function QUEUE(
  reason: QueueReason = 'operator',
  more: Partial<Command<'QueueTransfer'>> = {},
): Command<'QueueTransfer'> {
  return { type: 'QueueTransfer', at: LATER, by: BY, reason, eligibility: ELIGIBLE, frozen: FROZEN, ...more };
}

export function START_REGISTRATION(eligibility = ELIGIBLE): Command<'StartRegistration'> {
  return { type: 'StartRegistration', at: AT, by: SENDER, attempt_id: ATTEMPT_ID, lease_token: 1, eligibility };
}

export function ACCEPT(attempt = 1): Command<'AcceptRegistration'> {
  const { type: _type, ...accepted } = registrationAccepted(attempt);
  return { type: 'AcceptRegistration', ...accepted };
}

export function START_UPLOAD(attempt = 1, eligibility = ELIGIBLE): Command<'StartUpload'> {
  return { type: 'StartUpload', ...running(attempt), eligibility };
}

export function COMPLETE(attempt = 1, more: Partial<Command<'CompleteTransfer'>> = {}): Command<'CompleteTransfer'> {
  const { type: _type, ...done } = completed(attempt);
  return { type: 'CompleteTransfer', ...done, ...more };
}

export function FAIL(attempt = 1, failure_class: FailureClass = 'transient'): Command<'FailTransfer'> {
  return {
    type: 'FailTransfer',
    ...running(attempt),
    failure_class,
    code: 'connection_refused',
    counted: true,
    http_status: null,
    bytes_sent: 0,
    retry_after_ms: null,
    policy: DEFAULT_RETRY_POLICY,
    chance: 0.5,
  };
}

export function UNKNOWN(attempt = 1): Command<'RecordOutcomeUnknown'> {
  return {
    type: 'RecordOutcomeUnknown',
    ...running(attempt),
    code: 'headers_timeout',
    http_status: null,
    bytes_sent: 4096,
  };
}

export function ANSWER(attempt = 1, answer: 'found' | 'not_found' = 'found'): Command<'RecordHubAnswer'> {
  const { type: _type, ...asked } = hubAsked(attempt, answer);
  return { type: 'RecordHubAnswer', ...asked };
}

/** A life that ends in each of the eight states. */
export const LIVES = {
  not_marked: [],
  marked: [marked],
  queued: [marked, queued()],
  registering: [marked, queued(), registrationStarted()],
  awaiting_media: [marked, queued(), registrationStarted(), registrationAccepted()],
  uploading: [marked, queued(), registrationStarted(), registrationAccepted(), uploadStarted()],
  completed: [marked, queued(), registrationStarted(), registrationAccepted(), uploadStarted(), completed()],
  failed: [marked, queued(), registrationStarted(), failed()],
} as const satisfies Record<string, readonly TransferEvent[]>;
