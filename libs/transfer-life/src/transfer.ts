import {
  type Acknowledgement,
  type Actor,
  type AttemptStage,
  type FailureClass,
  type FrozenIntent,
  type HoldReason,
  type LocalCleanupPolicy,
  PROFILE_TRAITS,
  type QueueReason,
  type ResourceKind,
  type TransferEvent,
} from '@hub-export/contracts';
import { type Decider, Refusal, unreachable } from '@hub-export/event-sourcing';
import type { Eligibility } from './eligibility.js';
import { retryAfter, type RetryPolicy } from './retry-policy.js';

/** What is to be transferred, for which hub: fixed when it is marked. */
export interface Intent {
  readonly transfer_id: string;
  readonly transfer_key: string;
  readonly source_node_key: string;
  readonly source_center_key: string;
  readonly target_node_key: string;
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly local_cleanup_policy: LocalCleanupPolicy;
}

interface Ordered {
  readonly at: string;
  readonly by: Actor;
}

/** Reports of a worker name the attempt they speak of, since they may come late. */
interface Reported extends Ordered {
  readonly attempt: number;
  readonly attempt_id: string;
  readonly lease_token: number;
}

export type TransferCommand =
  | (Ordered & { readonly type: 'MarkResource'; readonly intent: Intent; readonly eligibility: Eligibility })
  | (Ordered & { readonly type: 'UnmarkResource' })
  | (Ordered & {
      readonly type: 'QueueTransfer';
      readonly reason: QueueReason;
      readonly eligibility: Eligibility;
      /**
       * What would be sent as things stand now, `null` where that cannot be built; taken only where the hub cannot hold
       * an earlier one.
       */
      readonly frozen: FrozenIntent | null;
      /** From 0, the usual one, to 9, the higher the sooner; without it the transfer keeps the one it has. */
      readonly priority?: number;
    })
  | (Ordered & { readonly type: 'HoldTransfer'; readonly reason: HoldReason })
  | (Ordered & { readonly type: 'ReleaseTransfer'; readonly reason: HoldReason })
  | (Ordered & {
      readonly type: 'StartRegistration';
      readonly attempt_id: string;
      readonly lease_token: number;
      readonly eligibility: Eligibility;
    })
  | (Reported & {
      readonly type: 'AcceptRegistration';
      readonly hub_transfer_id: string;
      readonly hub_status: string;
      readonly processing_decision: string;
    })
  | (Reported & { readonly type: 'StartUpload'; readonly eligibility: Eligibility })
  | (Reported & {
      readonly type: 'CompleteTransfer';
      readonly acknowledgement: Acknowledgement;
      readonly acknowledgement_digest: string;
      readonly bytes_sent: number;
    })
  | (Reported & {
      readonly type: 'FailTransfer';
      readonly failure_class: FailureClass;
      readonly code: string;
      readonly counted: boolean;
      readonly http_status: number | null;
      readonly bytes_sent: number;
      readonly retry_after_ms: number | null;
      readonly policy: RetryPolicy;
      /** In [0, 1): where in the jitter's band the next attempt falls. */
      readonly chance: number;
    })
  | (Reported & {
      readonly type: 'RecordOutcomeUnknown';
      readonly code: string;
      readonly http_status: number | null;
      readonly bytes_sent: number;
    })
  | (Reported & {
      readonly type: 'RecordHubAnswer';
      readonly answer: 'found' | 'not_found';
      readonly hub_status: string | null;
      readonly http_status: number | null;
    });

/** What the past attempts leave behind, and the next one must know. */
export interface Progress {
  /** Attempts begun over the whole life. */
  readonly attempts: number;
  /** Failures since the operator's last word that used up an automatic attempt. */
  readonly countedFailures: number;
  /** The hub holds this payload, or may: it must not change any more. */
  readonly bound: boolean;
  /** The hub took the registration at least once, whatever it says now. */
  readonly accepted: boolean;
  /** Media bytes were sent for this key, or may have been: by a worker that vanished before it could tell. */
  readonly uploadBegun: boolean;
  /** An upload began, and how it ended is not told yet. */
  readonly uploadOpen: boolean;
  /** An answer was lost: the next request for this key is a question. */
  readonly askFirst: boolean;
  /** The hub's own id of the transfer, once it told. */
  readonly hubTransferId: string | null;
  /** Since when the hub says that it works on it; `null` where it said something else last. */
  readonly hubBusySince: string | null;
  /** The hub forgot it after it had taken it, since the operator's last word. */
  readonly hubForgot: boolean;
  /** The last attempt failed since the hub lost the media; whoever ordered this one knows that. */
  readonly hubLostMedia: boolean;
  /** The higher, the sooner it is begun among those that wait for the same hub. */
  readonly priority: number;
  /** Who keeps it from being dispatched. */
  readonly held: readonly HoldReason[];
}

interface Alive {
  readonly intent: Intent;
  readonly since: string;
}

interface Underway extends Alive {
  readonly frozen: FrozenIntent;
  readonly progress: Progress;
}

interface Running extends Underway {
  readonly attempt_id: string;
}

/** "The last failure reason" of the audit requirements. */
export interface LastFailure {
  readonly stage: AttemptStage;
  readonly failure_class: FailureClass;
  readonly code: string;
  readonly retryable: boolean;
  readonly retries_exhausted: boolean;
  readonly not_before: string | null;
  readonly http_status: number | null;
}

/** The eight states of the specification, each with what is known then. */
export type Transfer =
  /** No outbound transfer intent exists. */
  | { readonly status: 'not_marked' }
  /** Approved, not yet queued; can still be taken back. */
  | ({ readonly status: 'marked' } & Alive)
  /** Ready for the worker, unless held. */
  | ({ readonly status: 'queued' } & Underway)
  /** Metadata is being submitted; after a crash the next holder asks the hub and goes on. */
  | ({ readonly status: 'registering' } & Running)
  /** The hub waits for the media. */
  | ({ readonly status: 'awaiting_media' } & Running)
  /** Media bytes may be on their way. */
  | ({ readonly status: 'uploading' } & Running)
  /** Verified at the hub; nothing leaves this state. */
  | ({ readonly status: 'completed'; readonly acknowledgement: Acknowledgement } & Underway)
  /** The last attempt failed; it may be queued again. */
  | ({ readonly status: 'failed'; readonly failure: LastFailure } & Underway);

/** The code of what nobody could tell any more: a worker vanished between its request and the record of its answer. */
export const WORKER_LOST = 'worker_lost';

/** The code of a failure after which an operator's retry sends the media once more: the hub said `lost`. */
export const HUB_LOST_MEDIA = 'hub_lost_media';

/** The words of a hub that works on a transfer, or will without being asked (hub contract 5.2). */
export const BUSY_HUB_STATES = ['running', 'claimed', 'retry_wait'] as const;

export type TransferRefusalCode =
  | 'ineligible'
  | 'already_queued'
  | 'not_marked'
  | 'not_queued'
  | 'not_retryable'
  | 'too_early'
  | 'held'
  | 'attempt_running'
  | 'content_changed'
  | 'stale_attempt'
  | 'applied_without_upload'
  | 'receipt_missing';

/** The specification's "Allowed transitions"; there is no other way from a state to a state. */
export const ALLOWED_TRANSITIONS = [
  ['not_marked', 'marked'],
  ['marked', 'not_marked'],
  ['marked', 'queued'],
  ['queued', 'registering'],
  ['registering', 'awaiting_media'],
  ['registering', 'completed'],
  ['registering', 'failed'],
  ['awaiting_media', 'uploading'],
  ['awaiting_media', 'failed'],
  ['uploading', 'completed'],
  ['uploading', 'failed'],
  ['failed', 'queued'],
] as const satisfies readonly (readonly [Transfer['status'], Transfer['status']])[];

export const transferDecider: Decider<Transfer, TransferCommand, TransferEvent> = {
  initialState: { status: 'not_marked' },
  decide,
  evolve,
};

type On<Type extends TransferCommand['type']> = Extract<TransferCommand, { type: Type }>;
type Facts = readonly TransferEvent[];

function decide(command: TransferCommand, state: Transfer): Facts {
  switch (command.type) {
    case 'MarkResource':
      return mark(command, state);
    case 'UnmarkResource':
      return unmark(command, state);
    case 'QueueTransfer':
      return queue(command, state);
    case 'HoldTransfer':
      return hold(command, state);
    case 'ReleaseTransfer':
      return release(command, state);
    case 'StartRegistration':
      return startRegistration(command, state);
    case 'AcceptRegistration':
      return acceptRegistration(command, state);
    case 'StartUpload':
      return startUpload(command, state);
    case 'CompleteTransfer':
      return complete(command, state);
    case 'FailTransfer':
      return fail(command, state);
    case 'RecordOutcomeUnknown':
      return recordOutcomeUnknown(command, state);
    case 'RecordHubAnswer':
      return recordHubAnswer(command, state);
    default:
      return unreachable(command);
  }
}

function mark({ at, by, intent, eligibility }: On<'MarkResource'>, state: Transfer): Facts {
  // Once there is an intent, every further mark resolves to it, after `completed` too ("Terminal behavior").
  if (state.status !== 'not_marked') return [];
  return [{ type: 'ResourceMarked', at, by, ...intent, resource_version: requireEligible(eligibility) }];
}

function unmark({ at, by }: On<'UnmarkResource'>, state: Transfer): Facts {
  if (state.status === 'not_marked') return [];
  // "reversible before queueing", and an ineligible resource can be unmarked as well.
  if (state.status !== 'marked') throw refuse('already_queued', 'It was queued and can no longer be unmarked.');
  return [{ type: 'ResourceUnmarked', at, by }];
}

function queue(command: On<'QueueTransfer'>, state: Transfer): Facts {
  const { at, by, reason } = command;
  switch (state.status) {
    case 'not_marked':
      throw refuse('not_marked', 'It must be marked for upload before it may be queued.');
    case 'marked':
      // Queueing is an explicit act; a retry of what never failed is a message gone astray.
      if (reason !== 'operator' && reason !== 'auto_queue') {
        throw refuse('not_retryable', 'It was never queued, so there is nothing to try again.');
      }
      requireEligible(command.eligibility);
      return [{ type: 'TransferQueued', at, by, reason, frozen: requireFrozen(command), ...priorityOf(command) }];
    case 'failed':
      requireRetry(command, state);
      requireEligible(command.eligibility);
      return [
        { type: 'TransferQueued', at, by, reason, frozen: frozenForRetry(command, state), ...priorityOf(command) },
      ];
    case 'queued':
    case 'registering':
    case 'awaiting_media':
    case 'uploading':
    case 'completed':
      // An order that says "unchanged" must not hide that the priority it asks for is not the one that holds.
      if (command.priority !== undefined && command.priority !== state.progress.priority) {
        throw refuse('already_queued', 'It is queued already; a priority is given with the order that queues it.');
      }
      // It is on its way or has arrived: the same logical transfer, never a second one.
      return [];
    default:
      return unreachable(state);
  }
}

function requireRetry({ reason, at }: On<'QueueTransfer'>, { failure, progress }: In<'failed'>): void {
  // "The resource may be retried": an operator may always, and starts a fresh count.
  if (reason === 'operator') return;
  if (progress.held.includes('operator')) throw refuse('held', 'An operator holds it.');
  const bySchedule = reason === 'retry_policy' && failure.failure_class !== 'ineligible';
  const byEligibility = reason === 'eligible_again' && failure.failure_class === 'ineligible';
  if (!failure.retryable || !(bySchedule || byEligibility)) {
    throw refuse('not_retryable', 'It is not tried again by itself; an operator must look at it.');
  }
  if (failure.not_before !== null && Date.parse(at) < Date.parse(failure.not_before)) {
    throw refuse('too_early', 'The next attempt is scheduled for later.');
  }
}

function priorityOf({ priority }: On<'QueueTransfer'>): { readonly priority?: number } {
  return priority === undefined ? {} : { priority };
}

function requireFrozen({ frozen }: On<'QueueTransfer'>): FrozenIntent {
  if (frozen === null) throw refuse('ineligible', 'What would be sent cannot be built.');
  return frozen;
}

function frozenForRetry(command: On<'QueueTransfer'>, state: In<'failed'>): FrozenIntent {
  const { reason } = command;
  const frozen = requireFrozen(command);
  // Nothing was stored at the hub and a person asks: the payload may be built anew, as a recorded fact.
  if (reason === 'operator' && !state.progress.bound) return frozen;
  if (frozen.media_sha256 !== state.frozen.media_sha256) {
    throw refuse('content_changed', 'The processed media changed since the transfer was frozen; it is not resent.');
  }
  return state.frozen;
}

function hold({ at, by, reason }: On<'HoldTransfer'>, state: Transfer): Facts {
  const { progress } = requireWaiting(state);
  return progress.held.includes(reason) ? [] : [{ type: 'TransferHeld', at, by, reason }];
}

function release({ at, by, reason }: On<'ReleaseTransfer'>, state: Transfer): Facts {
  const { progress } = requireWaiting(state);
  return progress.held.includes(reason) ? [{ type: 'TransferReleased', at, by, reason }] : [];
}

function startRegistration(command: On<'StartRegistration'>, state: Transfer): Facts {
  if (state.status !== 'queued') throw refuse('not_queued', 'Only a queued transfer can be started.');
  if (state.progress.held.length > 0) throw refuse('held', 'It is held and not dispatched.');
  const resource_version = requireEligible(command.eligibility);
  return [
    {
      type: 'RegistrationStarted',
      at: command.at,
      by: command.by,
      attempt: state.progress.attempts + 1,
      attempt_id: command.attempt_id,
      lease_token: command.lease_token,
      payload_digest: state.frozen.payload_digest,
      eligibility: { eligible: true, resource_version },
    },
  ];
}

function acceptRegistration(command: On<'AcceptRegistration'>, state: Transfer): Facts {
  if (!runs(state, command)) return [];
  if (state.status !== 'registering') return [];
  const { hub_transfer_id, hub_status, processing_decision } = command;
  return [{ type: 'RegistrationAccepted', ...report(command), hub_transfer_id, hub_status, processing_decision }];
}

function startUpload(command: On<'StartUpload'>, state: Transfer): Facts {
  if (state.status !== 'awaiting_media' || !runs(state, command)) {
    throw refuse('stale_attempt', 'Media is sent only while the hub awaits it, by the attempt that registered.');
  }
  const resource_version = requireEligible(command.eligibility);
  const { media_sha256, media_size } = state.frozen;
  const eligibility = { eligible: true, resource_version };
  return [{ type: 'UploadStarted', ...report(command), media_sha256, media_size, eligibility }];
}

function complete(command: On<'CompleteTransfer'>, state: Transfer): Facts {
  if (!runs(state, command)) return [];
  const { acknowledgement, acknowledgement_digest, bytes_sent, at, by } = command;
  requireProof(command, state);
  const cleanup: TransferEvent =
    state.intent.local_cleanup_policy === 'eligible_after_verified_apply'
      ? { type: 'LocalMediaCleanupEligible', at, by }
      : { type: 'LocalMediaRetained', at, by };
  return [
    { type: 'TransferCompleted', ...report(command), acknowledgement, acknowledgement_digest, bytes_sent },
    cleanup,
  ];
}

/** "completed: the sender has received a terminal successful hub state", and the state is about what was sent. */
function requireProof(
  { acknowledgement: { receipt }, bytes_sent }: On<'CompleteTransfer'>,
  { status, frozen, progress }: RunningTransfer,
): void {
  // There is no way from `awaiting_media` to `completed`; registering again settles what an earlier attempt sent.
  if (status === 'awaiting_media') {
    throw refuse('applied_without_upload', 'The hub reports it applied, but this attempt has sent nothing.');
  }
  if (PROFILE_TRAITS[frozen.profile].sealsMedia) {
    if (!receipt) throw refuse('receipt_missing', 'The hub reports it applied without a receipt for the sealed media.');
  } else if (!progress.uploadBegun && !(status === 'uploading' && bytes_sent > 0)) {
    // Without receipts, `applied` before any byte was sent only says that the hub has some file for this resource.
    throw refuse('applied_without_upload', 'The hub reports it applied, but nothing was ever sent.');
  }
}

function fail(command: On<'FailTransfer'>, state: Transfer): Facts {
  // Failures are told at least once and may come late: only the running attempt can fail.
  if (!runs(state, command)) return [];
  const { failure_class, code, http_status, bytes_sent, retry_after_ms, policy, at, chance } = command;
  // Eligibility that comes and goes is the site's doing and uses up no attempt.
  const counted = command.counted && failure_class !== 'ineligible';
  const retry = retryAfter(
    { failureClass: failure_class, counted, retryAfterMs: retry_after_ms },
    state.progress.countedFailures,
    policy,
    at,
    chance,
  );
  return [
    {
      type: 'TransferFailed',
      ...report(command),
      stage: stageOf(state),
      failure_class,
      code,
      counted,
      retryable: retry.retryable,
      retries_exhausted: retry.retriesExhausted,
      not_before: retry.notBefore,
      http_status,
      bytes_sent,
    },
  ];
}

function recordOutcomeUnknown(command: On<'RecordOutcomeUnknown'>, state: Transfer): Facts {
  if (!runs(state, command)) return [];
  const { code, http_status, bytes_sent } = command;
  return [{ type: 'OutcomeUnknown', ...report(command), stage: stageOf(state), code, http_status, bytes_sent }];
}

function recordHubAnswer(command: On<'RecordHubAnswer'>, state: Transfer): Facts {
  if (!runs(state, command)) return [];
  const { answer, hub_status, http_status } = command;
  return [{ type: 'HubAsked', ...report(command), answer, hub_status, http_status }];
}

function evolve(state: Transfer, event: TransferEvent): Transfer {
  switch (event.type) {
    case 'ResourceMarked':
      return { status: 'marked', intent: intentOf(event), since: event.at };
    case 'ResourceUnmarked':
      return { status: 'not_marked' };
    default:
      return state.status === 'not_marked' ? state : evolveAlive(state, event);
  }
}

type LaterEvent = Exclude<TransferEvent, { type: 'ResourceMarked' | 'ResourceUnmarked' }>;

function evolveAlive(state: Exclude<Transfer, { status: 'not_marked' }>, event: LaterEvent): Transfer {
  const { intent } = state;
  const since = event.at;
  if (event.type === 'TransferQueued') {
    const before = 'progress' in state ? state.progress : FRESH;
    const afresh = event.reason === 'operator' ? { countedFailures: 0, hubForgot: false } : {};
    const { priority = before.priority } = event;
    return { status: 'queued', intent, since, frozen: event.frozen, progress: { ...before, ...afresh, priority } };
  }
  if (state.status === 'marked') return state;
  const { frozen, progress } = state;
  switch (event.type) {
    case 'RegistrationStarted': {
      const started = { ...progress, attempts: event.attempt };
      return { status: 'registering', intent, since, frozen, progress: started, attempt_id: event.attempt_id };
    }
    case 'RegistrationAccepted': {
      const accepted = { bound: true, accepted: true, askFirst: false, hubTransferId: event.hub_transfer_id };
      const after = { ...progress, ...accepted };
      return { status: 'awaiting_media', intent, since, frozen, progress: after, attempt_id: event.attempt_id };
    }
    case 'UploadStarted': {
      const begun = { ...progress, uploadOpen: true, hubBusySince: null, hubLostMedia: false };
      return { status: 'uploading', intent, since, frozen, progress: begun, attempt_id: event.attempt_id };
    }
    case 'TransferCompleted': {
      const { hub_transfer_id: hubTransferId } = event.acknowledgement;
      const done = { ...uploadTold(progress, event.bytes_sent > 0), bound: true, askFirst: false, hubTransferId };
      return { status: 'completed', intent, since, frozen, progress: done, acknowledgement: event.acknowledgement };
    }
    case 'TransferFailed': {
      const countedFailures = progress.countedFailures + (event.counted ? 1 : 0);
      // A worker that vanished tells nothing of its last request: the hub may hold the payload.
      const lost = event.failure_class === 'worker_lost' ? { bound: true, askFirst: true } : {};
      const told = uploadTold(progress, event.bytes_sent > 0 || event.failure_class === 'worker_lost');
      const after = { ...told, countedFailures, ...lost, hubLostMedia: event.code === HUB_LOST_MEDIA };
      return { status: 'failed', intent, since, frozen, progress: after, failure: lastFailureOf(event) };
    }
    case 'TransferHeld':
      return { ...state, progress: { ...progress, held: [...progress.held, event.reason] } };
    case 'TransferReleased':
      return { ...state, progress: { ...progress, held: progress.held.filter((reason) => reason !== event.reason) } };
    case 'OutcomeUnknown': {
      const told = uploadTold(progress, event.bytes_sent > 0 || event.code === WORKER_LOST);
      return { ...state, progress: { ...told, bound: true, askFirst: true } };
    }
    case 'HubAsked':
      return {
        ...state,
        progress: { ...(event.answer === 'found' ? found(progress, event) : notFound(progress)), askFirst: false },
      };
    case 'LocalMediaRetained':
    case 'LocalMediaCleanupEligible':
      return state;
    default:
      return unreachable(event);
  }
}

function found(progress: Progress, { hub_status, at }: Extract<TransferEvent, { type: 'HubAsked' }>): Progress {
  const isBusy = BUSY_HUB_STATES.some((busy) => busy === hub_status);
  return { ...progress, bound: true, hubBusySince: isBusy ? (progress.hubBusySince ?? at) : null };
}

/** A hub that is switched off answers the same, so the payload of a transfer that it once accepted stays as it is. */
function notFound(progress: Progress): Progress {
  // Registered anew, the hub names it anew.
  return {
    ...progress,
    bound: progress.bound && progress.accepted,
    hubTransferId: null,
    hubBusySince: null,
    hubForgot: progress.hubForgot || progress.hubTransferId !== null,
  };
}

/** The first report after the beginning of an upload tells whether any byte of it left; later ones speak of other things. */
function uploadTold(progress: Progress, sent: boolean): Progress {
  if (!progress.uploadOpen) return progress;
  return { ...progress, uploadBegun: progress.uploadBegun || sent, uploadOpen: false };
}

const FRESH: Progress = {
  attempts: 0,
  countedFailures: 0,
  bound: false,
  accepted: false,
  uploadBegun: false,
  uploadOpen: false,
  askFirst: false,
  hubTransferId: null,
  hubBusySince: null,
  hubForgot: false,
  hubLostMedia: false,
  priority: 0,
  held: [],
};

type In<Status extends Transfer['status']> = Extract<Transfer, { status: Status }>;
type RunningTransfer = In<'registering' | 'awaiting_media' | 'uploading'>;

/** The attempt the report speaks of is the one that runs. */
function runs(state: Transfer, { attempt, attempt_id }: Reported): state is RunningTransfer {
  return isRunning(state) && state.progress.attempts === attempt && state.attempt_id === attempt_id;
}

/** An attempt is under way, in the hands of whoever holds the lease. */
export function isRunning(state: Transfer): state is RunningTransfer {
  return state.status === 'registering' || state.status === 'awaiting_media' || state.status === 'uploading';
}

function requireWaiting(state: Transfer): In<'queued' | 'failed'> {
  if (state.status === 'queued' || state.status === 'failed') return state;
  if (isRunning(state)) throw refuse('attempt_running', 'An attempt is running; wait for it to end.');
  throw refuse('not_queued', 'Only a transfer that waits to be sent can be held or released.');
}

/** The version of the resource that was found eligible. */
function requireEligible(eligibility: Eligibility): number {
  if (!eligibility.eligible) throw new Refusal(eligibility.reasons[0].code, eligibility.reasons[0].sentence);
  return eligibility.resourceVersion;
}

function stageOf(state: RunningTransfer): AttemptStage {
  if (state.status === 'registering') return 'registration';
  return state.status === 'uploading' ? 'upload' : 'awaiting_media';
}

function report({ at, by, attempt, attempt_id, lease_token }: Reported): Reported {
  return { at, by, attempt, attempt_id, lease_token };
}

function intentOf(marked: Extract<TransferEvent, { type: 'ResourceMarked' }>): Intent {
  const { transfer_id, transfer_key, source_node_key, source_center_key, target_node_key } = marked;
  const { resource_kind, resource_hash, local_cleanup_policy } = marked;
  return {
    transfer_id,
    transfer_key,
    source_node_key,
    source_center_key,
    target_node_key,
    resource_kind,
    resource_hash,
    local_cleanup_policy,
  };
}

function lastFailureOf(failed: Extract<TransferEvent, { type: 'TransferFailed' }>): LastFailure {
  const { stage, failure_class, code, retryable, retries_exhausted, not_before, http_status } = failed;
  return { stage, failure_class, code, retryable, retries_exhausted, not_before, http_status };
}

function refuse(code: TransferRefusalCode, sentence: string): Refusal<TransferRefusalCode> {
  return new Refusal(code, sentence);
}
