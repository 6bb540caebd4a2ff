import type { FailureClass } from '@hub-export/contracts';

/** What follows from an observation. */
export interface ReactionRow {
  /** The rows of the hub contract's chapter 8 that it answers; empty where the transport or the house is meant. */
  readonly rows: readonly number[];
  /** What was seen, in words. */
  readonly seen: string;
  /**
   * `upload`, `register`, `complete`: the transfer goes on. `ask`: the next request of this very attempt is a question.
   * `wait`: the state stays, and the hub is asked again within its lease. `leave`: nothing is written.
   */
  readonly next: 'upload' | 'register' | 'complete' | 'ask' | 'wait' | 'failed' | 'leave';
  /** Of `failed`, or of what `ask` and `wait` end in when they are of no avail. From it alone follows who tries again. */
  readonly failureClass?: FailureClass;
  /** Whether it uses up one of the automatic attempts; it does when left out. */
  readonly counted?: false;
  /** Automatic attempts end after so many failures, where the policy would allow more. */
  readonly attemptsMax?: number;
  /** Bytes were on their way, or may have been: the next attempt begins with a question. */
  readonly ask?: true;
  /** Whose attention it needs: one transfer's operator, or whoever runs the connection to the hub. */
  readonly alert?: 'transfer' | 'hub';
}

/** Classes that time or the site mends need nobody's attention. */
const MENDED_BY_ITSELF: readonly FailureClass[] = ['transient', 'worker_lost', 'ineligible'];

/**
 * The one table of reactions: hub contract, chapter 8 (the stricter reading where it names two), and the outcomes of
 * the transport below it. An observation is named by the code that a failure of it bears.
 */
export const REACTIONS = {
  awaiting_media: row([1, 2], '`awaiting_media`, new or replayed, identity right', 'upload'),
  applied: row(
    [3, 5],
    '`applied`, identity right, media sent before; with envelopes a receipt that matches',
    'complete',
  ),
  receipt_missing: failed([4], '`applied` without a receipt (envelopes)', 'integrity'),
  receipt_mismatch: failed([3, 4], '`applied`, and the receipt differs in a field (envelopes)', 'integrity'),
  receipt_unverifiable: failed([4], '`applied`, and what was sealed here is gone (envelopes)', 'integrity'),
  applied_without_upload: failed([5], '`applied`, and no byte was ever sent (plaintext)', 'integrity'),
  hub_inconsistent: failed([6, 20], '`inconsistent`, also as a 409 to media', 'integrity'),
  hub_rejected_transfer: failed([7], '`failed` with `reject_transfer`', 'configuration'),
  upload_failed_at_hub: row([8], '`failed` otherwise (envelopes): one upload more, of the same bytes', 'upload'),
  hub_failed: failed([8], '`failed` otherwise (plaintext), or as the answer to media', 'configuration'),
  hub_busy: {
    ...row([9], '`running`, `claimed`, `retry_wait`', 'wait'),
    failureClass: 'transient',
    counted: false,
  },
  hub_busy_after_upload: {
    ...row([9, 19], 'the same after this attempt sent the media; also as a 409 to media', 'wait'),
    failureClass: 'transient',
  },
  claim_expired: row([9], 'the same for longer than the hub’s lease (envelopes): the upload takes it over', 'upload'),
  hub_stays_busy: failed([9], 'the same for longer than the hub’s lease (plaintext)', 'integrity'),
  hub_lost_media: failed([10], '`lost`', 'integrity'),
  lost_media_again: row([10], '`lost`, and a person ordered another attempt since (envelopes)', 'upload'),
  hub_job_stuck: failed([11], '`pending`', 'configuration'),
  hub_refused_payload: failed([12, 13], '400 to create, status or plaintext media', 'configuration'),
  hub_refused_media: failed([13], '400 to sealed media, without a code or with an unknown one', 'configuration'),
  proxy_refused_request: failed([14], '400 that is no JSON', 'configuration', 'hub'),
  hub_denies_access: failed([15], '401, 403', 'authorization', 'hub'),
  hub_transfers_off: failed([16], '404 to create', 'configuration', 'hub'),
  unknown_to_hub: row([17], '404 to a question: registered (again) with the same bytes', 'register'),
  hub_forgot_transfer: { ...failed([17], '404 to media', 'transient'), ask: true },
  hub_forgets_transfer: failed([17], '404 to a question, again after it was registered anew', 'integrity'),
  hub_conflict: failed([18, 20], '409 to create, whatever it says; 409 to media that is not “busy”', 'integrity'),
  media_too_large_for_hub: failed([21], '413', 'configuration'),
  wrong_hub_profile: failed([22], '415', 'configuration', 'hub'),
  rate_limited: { ...failed([23], '429: no sooner than `Retry-After`', 'transient'), counted: false },
  hub_redirects: failed([24], '3xx; never followed', 'configuration', 'hub'),
  registration_failed_at_hub: {
    ...row([25], '500 to create', 'ask'),
    failureClass: 'transient',
    attemptsMax: 3,
  },
  hub_error: {
    ...row([26, 27], '500 to media, 502, 504 and other 5xx to create or media', 'ask'),
    failureClass: 'transient',
  },
  hub_cannot_tell: failed([27], '5xx to a question', 'transient'),
  hub_unavailable: { ...failed([27], '503: no sooner than `Retry-After`', 'transient'), ask: true },
  connection_refused: failed([27], 'connection refused', 'transient'),
  host_unknown: failed([27], 'the name is not known', 'transient'),
  host_unreachable: failed([27], 'no way to the host', 'transient'),
  connect_timeout: failed([27], 'no connection in time', 'transient'),
  tls_failed: failed([27], 'the TLS handshake failed', 'transient'),
  headers_timeout: lost('no answer in time'),
  body_timeout: lost('an answer that does not end in time'),
  total_timeout: lost('the call took too long as a whole'),
  connection_lost: lost('the connection ended without an answer'),
  answer_too_large: lost('an answer of more than 1 MiB'),
  no_answer_to_question: failed([27], 'none of a question’s answers came', 'transient'),
  hub_address_blocked: failed([], 'the hub’s name leads to an address nothing is sent to', 'configuration', 'hub'),
  hub_certificate_untrusted: failed([30], 'the hub’s certificate is not of the configured CA', 'configuration', 'hub'),
  hub_certificate_wrong_host: failed([30], 'the hub’s certificate names another host', 'configuration', 'hub'),
  hub_certificate_expired: failed([30], 'the hub’s certificate is not in date', 'configuration', 'hub'),
  hub_certificate_not_pinned: failed(
    [30],
    'the hub’s certificate has a key that is not pinned',
    'configuration',
    'hub',
  ),
  client_certificate_refused: failed([15], 'our certificate was refused', 'authorization', 'hub'),
  identity_mismatch: failed([31], '200 or 201, and an identity field is another, missing or empty', 'integrity'),
  not_a_status_document: failed([32], '200 or 201, and no status document: HTML, empty, no JSON', 'integrity'),
  unknown_hub_state: failed([33], 'a `transfer_status` that no contract names', 'integrity'),
  hub_still_awaits_media: failed([], '200 `awaiting_media` as the answer to media', 'transient'),
  unexpected_hub_answer: failed([], 'any other status', 'configuration'),
  certificates_unreadable: failed([], 'our certificate, key or CA cannot be read', 'transient'),
  staging_unavailable: failed([], 'sealed media cannot be kept: rights, a broken disk', 'transient'),
  staging_full: failed([], 'sealed media cannot be kept: the disk is full', 'transient'),
  staging_not_private: failed([], 'others have rights on the staging directory', 'configuration'),
  recipient_key_unreadable: failed([], 'the hub’s public key cannot be read', 'configuration'),
  media_source_unavailable: failed([], 'the site’s media server cannot be reached, fails, or is too slow', 'transient'),
  media_source_refused: failed(
    [],
    'the media may not be fetched from there: host, certificate, 401, 403',
    'configuration',
  ),
  media_too_large: failed([], 'the media is larger than `MEDIA_MAX_BYTES`', 'configuration'),
  media_missing: failed([], 'the media is gone', 'integrity'),
  media_unreadable: failed([], 'the media is no regular file, or the disk fails', 'integrity'),
  media_changed: failed([], 'the media is not what was approved', 'integrity'),
  media_kind_mismatch: failed([], 'the media is of another kind than the resource', 'integrity'),
  staged_envelope_lost: failed([], 'sealed media that may have been sent is gone or damaged', 'integrity'),
  ineligible: { ...failed([], 'the resource is no longer eligible', 'ineligible'), ask: true },
  egress_stopped: { ...failed([], 'egress was stopped', 'transient'), counted: false, ask: true },
  stopping: row([], 'the service stops: the next holder of the lease finds out', 'leave'),
  lease_lost: row([], 'the lease is lost: its next holder finds out', 'leave'),
} as const satisfies Readonly<Record<string, ReactionRow>>;

export type Observation = keyof typeof REACTIONS;

function row(rows: readonly number[], seen: string, next: ReactionRow['next']): ReactionRow {
  return { rows, seen, next };
}

function failed(
  rows: readonly number[],
  seen: string,
  failureClass: FailureClass,
  alert: ReactionRow['alert'] = 'transfer',
): ReactionRow {
  const needsNobody = MENDED_BY_ITSELF.includes(failureClass);
  return { rows, seen, next: 'failed', failureClass, ...(needsNobody ? {} : { alert }) };
}

/** The hub may have acted: of a create and of media that is asked, of a question there is nothing to ask. */
function lost(seen: string): ReactionRow {
  return { rows: [28, 29], seen, next: 'ask', failureClass: 'transient' };
}
