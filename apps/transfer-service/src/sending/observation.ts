import { type AcknowledgedReceipt, PROFILE_TRAITS } from '@hub-export/contracts';
import { unreachable } from '@hub-export/event-sourcing';
import { BUSY_HUB_STATES } from '@hub-export/transfer-life';
import type { SealedMedia } from '../sealing/envelope.js';
import { verifyReceipt } from '../sealing/receipt.js';
import type { HubAnswer, HubCall } from './hub-answer.js';
import type { Observation } from './reaction-table.js';
import { rejectionOf } from './rejection.js';
import { type ExpectedIdentity, type HubState, type StatusDocument, verifyStatusDocument } from './status-document.js';

/** What the sender knows of the transfer when an answer comes. */
export interface Situation extends ExpectedIdentity {
  /** Media bytes were sent for this key, in whatever attempt, or may have been. */
  readonly uploadBegun: boolean;
  /** Media bytes were sent by this very attempt, or may have been. */
  readonly uploading?: boolean;
  /** The hub says for longer than it holds a transfer for anybody that it works on it. */
  readonly claimExpired?: boolean;
  /** The hub lost the media before, and a person ordered another attempt. */
  readonly hubLostMedia?: boolean;
  /** The hub forgot the transfer before, and it was registered anew. */
  readonly hubForgot?: boolean;
  /** Sealed profiles: what was sealed and kept for this transfer; `null` where it is gone or never was. */
  readonly sealed?: SealedMedia | null;
}

/** One row of the table, and what of the answer was found true. */
export interface Observed {
  readonly seen: Observation;
  /** The code of a failure, where it says more than the row. */
  readonly code?: string;
  /** A status document all of whose identity fields are right. */
  readonly document?: StatusDocument;
  /** A receipt all of whose fields are right. */
  readonly receipt?: AcknowledgedReceipt;
  /** The hub refused the sealed media for good and applied nothing. */
  readonly unseal?: true;
}

type Answered = Extract<HubAnswer, { kind: 'answered' }>;

/** Finds the row of the table. Status codes, verified fields and states decide, never a text. */
export function observe(call: HubCall, answer: HubAnswer, situation: Situation): Observed {
  switch (answer.kind) {
    case 'answered':
      return ofAnswer(call, answer, situation);
    case 'not_sent':
      return { seen: answer.code };
    case 'no_answer':
      return call === 'status' ? { seen: 'no_answer_to_question', code: answer.code } : { seen: answer.code };
    case 'aborted':
      return { seen: answer.reason };
    default:
      return unreachable(answer);
  }
}

function ofAnswer(call: HubCall, answer: Answered, situation: Situation): Observed {
  const { status } = answer;
  if (status === 200 || status === 201) return ofSuccess(call, answer, situation);
  if (status >= 300 && status < 400) return { seen: 'hub_redirects' };
  switch (status) {
    case 400:
      return ofBadRequest(call, answer, situation);
    case 401:
    case 403:
      return { seen: 'hub_denies_access' };
    case 404:
      return { seen: ofNotFound(call, situation) };
    case 409:
      return ofConflict(call, answer, situation);
    case 413:
      return { seen: 'media_too_large_for_hub' };
    case 415:
      return { seen: 'wrong_hub_profile' };
    case 429:
      return { seen: 'rate_limited' };
    case 503:
      return { seen: 'hub_unavailable' };
    default:
      return { seen: status >= 500 ? ofServerError(call, status) : 'unexpected_hub_answer' };
  }
}

function ofSuccess(call: HubCall, { document: body }: Answered, situation: Situation): Observed {
  const verified = verifyStatusDocument(body, situation);
  if (!verified.ok) return { seen: verified.code };
  const { document } = verified;
  if (document.transfer_status === 'applied') return ofApplied(document, situation);
  return { seen: ofState(call, document, situation), document };
}

function ofState(call: HubCall, document: StatusDocument, situation: Situation): Observation {
  const state: Exclude<HubState, 'applied'> = document.transfer_status as Exclude<HubState, 'applied'>;
  const mayUpload = call !== 'media' && seals(situation);
  switch (state) {
    case 'awaiting_media':
      // Media was sent and taken, and still the hub waits for it: a contradiction, but sending again does no harm.
      return call === 'media' ? 'hub_still_awaits_media' : 'awaiting_media';
    case 'inconsistent':
      return 'hub_inconsistent';
    case 'failed':
      if (document.processing_decision === 'reject_transfer') return 'hub_rejected_transfer';
      return mayUpload ? 'upload_failed_at_hub' : 'hub_failed';
    case 'lost':
      return mayUpload && situation.hubLostMedia === true ? 'lost_media_again' : 'hub_lost_media';
    case 'pending':
      return 'hub_job_stuck';
    case 'running':
    case 'claimed':
    case 'retry_wait':
      if (situation.claimExpired !== true) return ofBusy(call, situation);
      // While a claim lives, an upload is answered with 409, and the bytes are the same: it does no harm.
      return mayUpload ? 'claim_expired' : 'hub_stays_busy';
    default:
      return unreachable(state);
  }
}

/** A hub may be busy for as long as it likes, but not for as many bodies: an attempt that sent one is counted. */
function ofBusy(call: HubCall, { uploading }: Situation): Observation {
  return call === 'media' || uploading === true ? 'hub_busy_after_upload' : 'hub_busy';
}

function ofApplied(document: StatusDocument, { uploadBegun, sealed, ...situation }: Situation): Observed {
  if (!seals(situation)) {
    // `applied` before any byte was sent says only that the hub has some file for this resource (chapter 6).
    return uploadBegun ? { seen: 'applied', document } : { seen: 'applied_without_upload', document };
  }
  if (document.envelope_receipt === undefined) return { seen: 'receipt_missing', document };
  // Without what was sent there is nothing that the receipt could be compared with.
  if (sealed == null) return { seen: 'receipt_unverifiable', document };
  const verified = verifyReceipt(document.envelope_receipt, sealed, document);
  if (!verified.ok) return { seen: 'receipt_mismatch', document };
  return { seen: 'applied', document, receipt: verified.receipt };
}

function ofBadRequest(call: HubCall, { document }: Answered, situation: Situation): Observed {
  if (document === null) return { seen: 'proxy_refused_request' };
  if (call !== 'media' || !seals(situation)) return { seen: 'hub_refused_payload' };
  const { code, keepSealed } = rejectionOf(document);
  return { seen: 'hub_refused_media', code, ...(keepSealed ? {} : { unseal: true }) };
}

function ofNotFound(call: HubCall, { hubTransferId, hubForgot }: Situation): Observation {
  if (call === 'create') return 'hub_transfers_off';
  if (call === 'media') return 'hub_forgot_transfer';
  return hubTransferId !== null && hubForgot === true ? 'hub_forgets_transfer' : 'unknown_to_hub';
}

function ofConflict(call: HubCall, { document: body }: Answered, situation: Situation): Observed {
  // A conflict of the create call has no status document; of the media call it has, and that is what counts.
  if (call !== 'media') return { seen: 'hub_conflict' };
  const verified = verifyStatusDocument(body, situation);
  if (!verified.ok) return { seen: 'hub_conflict' };
  const { document } = verified;
  if (BUSY_HUB_STATES.some((busy) => busy === document.transfer_status)) {
    return { seen: ofBusy(call, situation), document };
  }
  return { seen: document.transfer_status === 'inconsistent' ? 'hub_inconsistent' : 'hub_conflict', document };
}

function ofServerError(call: HubCall, status: number): Observation {
  if (call === 'status') return 'hub_cannot_tell';
  return call === 'create' && status === 500 ? 'registration_failed_at_hub' : 'hub_error';
}

function seals({ frozen }: Pick<Situation, 'frozen'>): boolean {
  return PROFILE_TRAITS[frozen.profile].sealsMedia;
}
