import { type AcknowledgedReceipt, type FailureClass, PROFILE_TRAITS } from '@hub-export/contracts';
import { unreachable } from '@hub-export/event-sourcing';
import type { SealedMedia } from '../sealing/envelope.js';
import { verifyReceipt } from '../sealing/receipt.js';
import type { AbortReason, HubAnswer, HubCall, NoAnswerCode, NotSentCode } from './hub-answer.js';
import { rejectionOf } from './rejection.js';
import { type ExpectedIdentity, type HubState, type StatusDocument, verifyStatusDocument } from './status-document.js';

/** What the sender does about an answer. */
export type Reaction =
  /** The hub waits for the media. */
  | { readonly do: 'upload'; readonly document: StatusDocument; readonly http_status: number }
  /** The hub has it, and every identity field is right. */
  | {
      readonly do: 'complete';
      readonly document: StatusDocument;
      readonly http_status: number;
      /** Sealed profiles: what was compared, and matched. */
      readonly receipt?: AcknowledgedReceipt;
    }
  /** The hub knows no such transfer. */
  | { readonly do: 'register'; readonly http_status: number }
  /** It may have taken effect: the next request is a question. */
  | { readonly do: 'ask'; readonly code: string; readonly http_status: number | null }
  /** Write nothing: the next holder of the lease finds out how it stands. */
  | { readonly do: 'leave' }
  | {
      readonly do: 'fail';
      readonly failure_class: FailureClass;
      readonly code: string;
      readonly http_status: number | null;
      /** Whether it uses up one of the automatic attempts. */
      readonly counted: boolean;
      readonly retry_after_ms: number | null;
      /** Bytes were on their way, so the next attempt begins with a question. */
      readonly outcome_unknown: boolean;
      /** The hub refused the sealed media for good and applied nothing: it is not kept for another attempt. */
      readonly unseal?: true;
    };

export interface Situation extends ExpectedIdentity {
  /** Media bytes were sent for this key before, in whatever attempt. */
  readonly uploadBegun: boolean;
  /** Media was sent by an earlier attempt, and by this one not yet. */
  readonly uploadOver?: boolean;
  /** Sealed profiles: what was sealed and kept for this transfer; `null` where it is gone or never was. */
  readonly sealed?: SealedMedia | null;
}

/** The one table of reactions (hub contract, chapter 8, the stricter reading where it names two). */
export function reactionTo(call: HubCall, answer: HubAnswer, situation: Situation): Reaction {
  switch (answer.kind) {
    case 'answered':
      return toAnswer(call, answer, situation);
    case 'not_sent':
      return toNotSent(answer.code);
    case 'no_answer':
      return toNoAnswer(call, answer.code);
    case 'aborted':
      return toAbort(answer.reason);
    default:
      return unreachable(answer);
  }
}

type Failed = Extract<Reaction, { do: 'fail' }>;
type Answered = Extract<HubAnswer, { kind: 'answered' }>;

function toAnswer(call: HubCall, answer: Answered, situation: Situation): Reaction {
  const { status } = answer;
  if (status === 200 || status === 201) return toStatusDocument(call, answer, situation);
  if (status >= 300 && status < 400) return failure('configuration', 'hub_redirects', status);
  switch (status) {
    case 401:
    case 403:
      return failure('authorization', 'hub_denies_access', status);
    case 404:
      return toNotFound(call, status);
    case 409:
      return toConflict(call, answer, situation);
    case 400:
      return toBadRequest(call, answer, situation);
    case 413:
      return failure('configuration', 'media_too_large_for_hub', status);
    case 415:
      return failure('configuration', 'wrong_hub_profile', status);
    case 429:
      return patience('rate_limited', status, answer.retryAfterMs);
    case 503:
      // Whoever says so may stand before the hub, so the request may have taken effect: the next one is a question.
      return {
        ...failure('transient', 'hub_unavailable', status),
        retry_after_ms: answer.retryAfterMs,
        outcome_unknown: call !== 'status',
      };
    default:
      if (status >= 500) return toServerError(call, status);
      return failure('configuration', 'unexpected_hub_answer', status);
  }
}

function toStatusDocument(call: HubCall, answer: Answered, situation: Situation): Reaction {
  const verified = verifyStatusDocument(answer.document, situation);
  if (!verified.ok) return failure('integrity', verified.code, answer.status);
  return toHubState(call, verified.document, answer.status, situation);
}

function toHubState(call: HubCall, document: StatusDocument, http_status: number, situation: Situation): Reaction {
  const state: HubState = document.transfer_status;
  switch (state) {
    case 'awaiting_media':
      // Media was sent and taken, and still the hub waits for it: a contradiction, but sending again does no harm.
      return call === 'media'
        ? failure('transient', 'hub_still_awaits_media', http_status)
        : { do: 'upload', document, http_status };
    case 'applied':
      return toApplied(call, document, http_status, situation);
    case 'inconsistent':
      return failure('integrity', 'hub_inconsistent', http_status);
    case 'failed':
      // A hub with claims takes the next upload of a failed job; how often is for the retry policy (row 8).
      return call !== 'media' && seals(situation) && document.processing_decision !== 'reject_transfer'
        ? { do: 'upload', document, http_status }
        : failure('configuration', 'hub_failed', http_status);
    case 'lost':
      return failure('integrity', 'hub_lost_media', http_status);
    case 'pending':
      return failure('configuration', 'hub_job_stuck', http_status);
    case 'running':
      // A claim whose upload died with its hub ends only when the next upload takes it over. While it lives, that is
      // answered with 409, and the bytes are the same: so a later attempt sends them instead of asking for ever.
      return call !== 'media' && seals(situation) && situation.uploadOver === true
        ? { do: 'upload', document, http_status }
        : patience('hub_busy', http_status, null);
    case 'claimed':
    case 'retry_wait':
      return patience('hub_busy', http_status, null);
    default:
      return unreachable(state);
  }
}

function toApplied(
  call: HubCall,
  document: StatusDocument,
  http_status: number,
  { uploadBegun, sealed, ...situation }: Situation,
): Reaction {
  if (!seals(situation)) {
    // `applied` before any upload says only that the hub has some file for this resource (chapter 6).
    return call === 'media' || uploadBegun
      ? { do: 'complete', document, http_status }
      : failure('integrity', 'applied_without_upload', http_status);
  }
  if (document.envelope_receipt === undefined) return failure('integrity', 'receipt_missing', http_status);
  // Without what was sent there is nothing that the receipt could be compared with.
  if (sealed == null) return failure('integrity', 'receipt_unverifiable', http_status);
  const verified = verifyReceipt(document.envelope_receipt, sealed, document);
  if (!verified.ok) return failure('integrity', 'receipt_mismatch', http_status);
  return { do: 'complete', document, http_status, receipt: verified.receipt };
}

function seals({ frozen }: Pick<Situation, 'frozen'>): boolean {
  return PROFILE_TRAITS[frozen.profile].sealsMedia;
}

function toBadRequest(call: HubCall, { status, document }: Answered, situation: Situation): Reaction {
  if (document === null) return failure('configuration', 'proxy_refused_request', status);
  if (call !== 'media' || !seals(situation)) return failure('configuration', 'hub_refused_payload', status);
  const { code, keepSealed } = rejectionOf(document);
  const rejected = failure('configuration', code, status);
  return keepSealed ? rejected : { ...rejected, unseal: true };
}

function toNotFound(call: HubCall, status: number): Reaction {
  if (call === 'status') return { do: 'register', http_status: status };
  if (call === 'create') return failure('configuration', 'hub_transfers_off', status);
  // The hub accepted the metadata and forgot it: asked again, it will say so, and is registered with anew.
  return { ...failure('transient', 'hub_forgot_transfer', status), outcome_unknown: true };
}

function toConflict(call: HubCall, answer: Answered, situation: Situation): Reaction {
  // A conflict of the create call has no status document; of the media call it has, and that is what counts.
  if (call === 'media' && answer.document !== null) {
    const verified = verifyStatusDocument(answer.document, situation);
    if (verified.ok && isBusy(verified.document.transfer_status)) {
      return patience('hub_busy', answer.status, answer.retryAfterMs ?? CLAIM_RENEWED_MS);
    }
  }
  return failure('integrity', 'hub_conflict', answer.status);
}

/** A live claim is renewed about so often (hub contract 5.2), in milliseconds; asking more often tells nothing new. */
const CLAIM_RENEWED_MS = 60_000;

function isBusy(state: HubState): boolean {
  return state === 'running' || state === 'claimed' || state === 'retry_wait';
}

/** A question changes nothing at the hub; a create or an upload may have taken effect before the error. */
function toServerError(call: HubCall, status: number): Reaction {
  if (call === 'status') return failure('transient', 'hub_error', status);
  return { do: 'ask', code: 'hub_error', http_status: status };
}

function toNotSent(code: NotSentCode): Reaction {
  switch (code) {
    case 'connection_refused':
    case 'host_unknown':
    case 'host_unreachable':
    case 'connect_timeout':
    case 'tls_failed':
    case 'certificates_unreadable':
    case 'staging_unavailable':
      return failure('transient', code, null);
    case 'hub_certificate_untrusted':
    case 'hub_certificate_wrong_host':
    case 'hub_certificate_expired':
    case 'staging_not_private':
    case 'recipient_key_unreadable':
      return failure('configuration', code, null);
    case 'client_certificate_refused':
      return failure('authorization', code, null);
    case 'media_missing':
    case 'media_unreadable':
    case 'media_changed':
    case 'media_kind_mismatch':
    case 'staged_envelope_lost':
      return failure('integrity', code, null);
    default:
      return unreachable(code);
  }
}

function toNoAnswer(call: HubCall, code: NoAnswerCode): Reaction {
  return call === 'status' ? failure('transient', code, null) : { do: 'ask', code, http_status: null };
}

function toAbort(reason: AbortReason): Reaction {
  switch (reason) {
    case 'lease_lost':
    case 'stopping':
      return { do: 'leave' };
    case 'ineligible':
      return { ...failure('ineligible', reason, null), outcome_unknown: true };
    case 'egress_stopped':
      // The house's own word is no fault of the transfer, so it does not use up an attempt.
      return { ...failure('transient', reason, null), counted: false, outcome_unknown: true };
    default:
      return unreachable(reason);
  }
}

function failure(failure_class: FailureClass, code: string, http_status: number | null): Failed {
  return { do: 'fail', failure_class, code, http_status, counted: true, retry_after_ms: null, outcome_unknown: false };
}

function patience(code: string, http_status: number, retry_after_ms: number | null): Reaction {
  return { ...failure('transient', code, http_status), counted: false, retry_after_ms };
}
