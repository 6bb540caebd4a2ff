import type { MediaFaultCode } from '../media/media-source.js';
import type { SealingFaultCode } from '../sealing/sealing-fault.js';

/** What came of one request to a hub, before anybody judged it. */
export type HubAnswer =
  /** The hub, or something in front of it, answered. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The body, where it was a JSON object within the limit; else `null`. */
      readonly document: Readonly<Record<string, unknown>> | null;
      readonly retryAfterMs: number | null;
    }
  /** The request surely never reached the hub. */
  | { readonly kind: 'not_sent'; readonly code: NotSentCode }
  /** No answer came; whether the request took effect is not known. */
  | { readonly kind: 'no_answer'; readonly code: NoAnswerCode }
  /** We broke it off ourselves. */
  | { readonly kind: 'aborted'; readonly reason: AbortReason };

export type NotSentCode =
  | 'connection_refused'
  | 'host_unknown'
  | 'host_unreachable'
  | 'connect_timeout'
  | 'hub_address_blocked'
  | 'hub_certificate_untrusted'
  | 'hub_certificate_wrong_host'
  | 'hub_certificate_expired'
  | 'hub_certificate_not_pinned'
  | 'client_certificate_refused'
  | 'tls_failed'
  | 'certificates_unreadable'
  | MediaFaultCode
  | SealingFaultCode;

export type NoAnswerCode =
  'headers_timeout' | 'body_timeout' | 'total_timeout' | 'connection_lost' | 'answer_too_large';

export type AbortReason = 'lease_lost' | 'stopping' | 'egress_stopped' | 'ineligible';

/** The three calls of the hub's contract. */
export type HubCall = 'create' | 'media' | 'status';

/**
 * What a call came to that was to be ended at a word. Between the word and the cut the connection may break by itself, a
 * time limit may strike: then it is the word that ended it. An answer that came all the same counts.
 */
export function endedAtWord(answer: HubAnswer, word: AbortReason | null): HubAnswer {
  return answer.kind === 'no_answer' && word !== null ? { kind: 'aborted', reason: word } : answer;
}
