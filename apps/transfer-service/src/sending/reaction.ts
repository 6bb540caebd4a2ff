import type { AcknowledgedReceipt, FailureClass } from '@hub-export/contracts';
import type { HubAnswer, HubCall } from './hub-answer.js';
import { type Observed, observe, type Situation } from './observation.js';
import { REACTIONS, type ReactionRow } from './reaction-table.js';
import type { StatusDocument } from './status-document.js';

export type { Situation } from './observation.js';

/** What the sender does about an answer. */
export type Reaction =
  /** The hub waits for the media, or takes it once more. */
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
  /** It may have taken effect: the next request is a question; `otherwise` is what it comes to where one was asked. */
  | { readonly do: 'ask'; readonly code: string; readonly http_status: number | null; readonly otherwise: Failure }
  /** The hub works on it: it is asked again; `otherwise` is what it comes to where that takes too long. */
  | {
      readonly do: 'wait';
      readonly hub_status: string;
      readonly http_status: number;
      readonly retry_after_ms: number | null;
      readonly otherwise: Failure;
    }
  /** Write nothing: the next holder of the lease finds out how it stands. */
  | { readonly do: 'leave' }
  | Failure;

export interface Failure {
  readonly do: 'fail';
  readonly failure_class: FailureClass;
  readonly code: string;
  readonly http_status: number | null;
  /** Whether it uses up one of the automatic attempts. */
  readonly counted: boolean;
  readonly retry_after_ms: number | null;
  /** Bytes were on their way, so the next attempt begins with a question. */
  readonly outcome_unknown: boolean;
  /** Automatic attempts end after so many failures, where the policy would allow more. */
  readonly attempts_max?: number;
  /** Whose attention it needs. */
  readonly alert?: 'transfer' | 'hub';
  /** The hub refused the sealed media for good and applied nothing: it is not kept for another attempt. */
  readonly unseal?: true;
}

/** What follows from an answer, by the one table. */
export function reactionTo(call: HubCall, answer: HubAnswer, situation: Situation): Reaction {
  const observed = observe(call, answer, situation);
  const row: ReactionRow = REACTIONS[observed.seen];
  const failure = failureOf(observed, row, call, answer);
  const http_status = answer.kind === 'answered' ? answer.status : null;
  switch (row.next) {
    case 'upload':
      return { do: 'upload', ...told(observed, http_status) };
    case 'complete': {
      const { receipt } = observed;
      return { do: 'complete', ...told(observed, http_status), ...(receipt && { receipt }) };
    }
    case 'register':
      return { do: 'register', http_status: http_status ?? 0 };
    case 'ask':
      return { do: 'ask', code: failure.code, http_status, otherwise: { ...failure, outcome_unknown: true } };
    case 'wait': {
      const { document, http_status: status } = told(observed, http_status);
      const { retry_after_ms } = failure;
      return {
        do: 'wait',
        hub_status: document.transfer_status,
        http_status: status,
        retry_after_ms,
        otherwise: failure,
      };
    }
    case 'leave':
      return { do: 'leave' };
    case 'failed':
      return failure;
  }
}

function failureOf(observed: Observed, row: ReactionRow, call: HubCall, answer: HubAnswer): Failure {
  const { seen, code = seen, unseal } = observed;
  const { failureClass = 'integrity', counted = true, ask = false, attemptsMax, alert } = row;
  return {
    do: 'fail',
    failure_class: failureClass,
    code,
    http_status: answer.kind === 'answered' ? answer.status : null,
    counted,
    retry_after_ms: answer.kind === 'answered' && failureClass === 'transient' ? answer.retryAfterMs : null,
    // A question changes nothing, so there is nothing to ask about.
    outcome_unknown: ask && call !== 'status',
    ...(attemptsMax === undefined ? {} : { attempts_max: attemptsMax }),
    ...(alert === undefined ? {} : { alert }),
    ...(unseal === undefined ? {} : { unseal }),
  };
}

function told({ document }: Observed, http_status: number | null) {
  if (document === undefined || http_status === null) throw new Error('A reaction needs a verified document.');
  return { document, http_status };
}
