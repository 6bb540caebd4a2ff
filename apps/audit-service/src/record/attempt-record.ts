import type {
  AttemptStage,
  EligibilityEvidence,
  FailureClass,
  HubAsked,
  OutcomeUnknown,
  RegistrationAccepted,
  RegistrationStarted,
  TransferCompleted,
  TransferFailed,
  UploadStarted,
} from '@hub-export/contracts';

/** Why an attempt failed, as the sender recorded it. */
export interface FailureRecord {
  readonly attempt: number;
  readonly stage: AttemptStage;
  readonly failure_class: FailureClass;
  readonly code: string;
  readonly http_status: number | null;
  /** The sender tries again by itself. */
  readonly retryable: boolean;
  readonly retries_exhausted: boolean;
  readonly not_before: string | null;
  readonly at: string;
}

/** A request whose answer was lost. */
export interface UnknownOutcomeRecord {
  readonly stage: AttemptStage;
  readonly code: string;
  readonly http_status: number | null;
  readonly bytes_sent: number;
  readonly at: string;
}

/** What the hub said when it was asked. */
export interface HubAnswerRecord {
  readonly answer: 'found' | 'not_found';
  readonly hub_status: string | null;
  readonly http_status: number | null;
  readonly at: string;
}

/** One attempt: "when metadata registration started and finished, when media upload started and finished". */
export interface AttemptRecord {
  readonly attempt: number;
  /** The request id in the hub's own journal. */
  readonly attempt_id: string;
  readonly registration_started_at: string;
  /** When the hub accepted or refused it, or when it was known to have failed; null while nobody knows. */
  readonly registration_finished_at: string | null;
  readonly payload_digest: string;
  /** The verdict on which it began. */
  readonly eligibility: EligibilityEvidence;
  readonly hub_transfer_id: string | null;
  readonly hub_status: string | null;
  readonly processing_decision: string | null;
  /** Null where no media was sent in this attempt. */
  readonly upload_started_at: string | null;
  readonly upload_finished_at: string | null;
  /** The verdict right before the first byte of media. */
  readonly upload_eligibility: EligibilityEvidence | null;
  readonly media_sha256: string | null;
  /** Bytes. */
  readonly media_size: number | null;
  readonly outcome: 'running' | 'completed' | 'failed';
  readonly ended_at: string | null;
  readonly failure: FailureRecord | null;
  /** Media bytes that left in this attempt, as far as is known. */
  readonly bytes_sent: number;
  readonly unknown_outcomes: readonly UnknownOutcomeRecord[];
  readonly hub_answers: readonly HubAnswerRecord[];
}

export type AttemptEvent =
  RegistrationAccepted | UploadStarted | TransferCompleted | TransferFailed | OutcomeUnknown | HubAsked;

/** An attempt at its beginning. */
export function attemptBegun(event: RegistrationStarted): AttemptRecord {
  const { attempt, attempt_id, payload_digest, eligibility, at } = event;
  return {
    attempt,
    attempt_id,
    registration_started_at: at,
    registration_finished_at: null,
    payload_digest,
    eligibility,
    hub_transfer_id: null,
    hub_status: null,
    processing_decision: null,
    upload_started_at: null,
    upload_finished_at: null,
    upload_eligibility: null,
    media_sha256: null,
    media_size: null,
    outcome: 'running',
    ended_at: null,
    failure: null,
    bytes_sent: 0,
    unknown_outcomes: [],
    hub_answers: [],
  };
}

/** The attempt after one more fact. */
export function evolveAttempt(attempt: AttemptRecord, event: AttemptEvent): AttemptRecord {
  switch (event.type) {
    case 'RegistrationAccepted': {
      const { hub_transfer_id, hub_status, processing_decision, at } = event;
      return { ...attempt, registration_finished_at: at, hub_transfer_id, hub_status, processing_decision };
    }
    case 'UploadStarted': {
      const { media_sha256, media_size, eligibility: upload_eligibility, at } = event;
      return { ...attempt, upload_started_at: at, upload_eligibility, media_sha256, media_size };
    }
    case 'TransferCompleted':
      return completed(attempt, event);
    case 'TransferFailed':
      return { ...ended(attempt, event), outcome: 'failed', failure: failureOf(event) };
    case 'OutcomeUnknown': {
      const { stage, code, http_status, bytes_sent, at } = event;
      const unknown_outcomes = [...attempt.unknown_outcomes, { stage, code, http_status, bytes_sent, at }];
      return { ...attempt, bytes_sent: Math.max(attempt.bytes_sent, bytes_sent), unknown_outcomes };
    }
    case 'HubAsked': {
      const { answer, hub_status, http_status, at } = event;
      return { ...attempt, hub_answers: [...attempt.hub_answers, { answer, hub_status, http_status, at }] };
    }
  }
}

/** "The last failure reason" that a failure leaves. */
export function failureOf(event: TransferFailed): FailureRecord {
  const { attempt, stage, failure_class, code, http_status, retryable, retries_exhausted, not_before, at } = event;
  return { attempt, stage, failure_class, code, http_status, retryable, retries_exhausted, not_before, at };
}

function completed(attempt: AttemptRecord, event: TransferCompleted): AttemptRecord {
  const { hub_transfer_id, transfer_status, processing_decision } = event.acknowledgement;
  const answer = { hub_transfer_id, hub_status: transfer_status, processing_decision };
  return { ...ended(attempt, event), ...answer, outcome: 'completed' };
}

/** What was under way when the attempt ended has ended with it. */
function ended(attempt: AttemptRecord, { at, bytes_sent }: TransferCompleted | TransferFailed): AttemptRecord {
  return {
    ...attempt,
    registration_finished_at: attempt.registration_finished_at ?? at,
    upload_finished_at: attempt.upload_started_at === null ? null : at,
    ended_at: at,
    bytes_sent: Math.max(attempt.bytes_sent, bytes_sent),
  };
}
