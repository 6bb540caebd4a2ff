import { readFileSync } from 'node:fs';
import { HUB_PROFILES, type HubProfile, PROFILE_TRAITS } from '@hub-export/contracts';
import { fingerprintOf, identityOf, type SealedMedia } from '../sealing/envelope.js';
import { frozenFor, HUB_TRANSFER_ID, hubDocument, intentOf } from '../testing/transfers.testing.js';
import type { HubAnswer, HubCall } from './hub-answer.js';
import { observe, type Situation } from './observation.js';
import { type Observation, REACTIONS, type ReactionRow } from './reaction-table.js';
import { reactionTo } from './reaction.js';

const ROWS = 33;
const PLAIN = HUB_PROFILES.filter((profile) => !PROFILE_TRAITS[profile].sealsMedia);
const SEALED = HUB_PROFILES.filter((profile) => PROFILE_TRAITS[profile].sealsMedia);
const CALLS: readonly HubCall[] = ['create', 'media', 'status'];

/** One row of the contract's chapter 8, as it comes in: what the hub does, to which call, and which row of ours it is. */
interface Example {
  readonly row: number;
  readonly hub: string;
  readonly profiles?: readonly HubProfile[];
  readonly calls: readonly HubCall[];
  readonly answer: (profile: HubProfile) => HubAnswer;
  readonly situation?: Partial<Situation>;
  readonly seen: Observation;
}

const NEVER_SENT = { uploadBegun: false };

const EXAMPLES: readonly Example[] = [
  example(1, '201 awaiting_media', ['create'], says('awaiting_media', 201), 'awaiting_media', {
    situation: NEVER_SENT,
  }),
  example(2, '200 awaiting_media, replayed', ['create', 'status'], says('awaiting_media'), 'awaiting_media'),
  example(3, 'applied with a matching receipt', CALLS, applied(), 'applied', { profiles: SEALED }),
  example(
    3,
    'applied with a receipt of another ciphertext',
    CALLS,
    applied({ ciphertext_sha256: 'x' }),
    'receipt_mismatch',
    {
      profiles: SEALED,
    },
  ),
  example(4, 'applied without a receipt', CALLS, says('applied'), 'receipt_missing', { profiles: SEALED }),
  example(4, 'applied, and nothing here to compare with', CALLS, applied(), 'receipt_unverifiable', {
    profiles: SEALED,
    situation: { sealed: null },
  }),
  example(5, 'applied after an upload', CALLS, says('applied'), 'applied', { profiles: PLAIN }),
  example(5, 'applied, and no byte was ever sent', CALLS, says('applied', 201), 'applied_without_upload', {
    profiles: PLAIN,
    situation: NEVER_SENT,
  }),
  example(6, 'inconsistent', CALLS, says('inconsistent'), 'hub_inconsistent'),
  example(
    7,
    'failed, reject_transfer',
    CALLS,
    says('failed', 200, { processing_decision: 'reject_transfer' }),
    'hub_rejected_transfer',
  ),
  example(8, 'failed otherwise', ['create', 'status'], says('failed'), 'upload_failed_at_hub', { profiles: SEALED }),
  example(8, 'failed otherwise', CALLS, says('failed'), 'hub_failed', { profiles: PLAIN }),
  example(8, 'failed as the answer to media', ['media'], says('failed'), 'hub_failed'),
  ...['running', 'claimed', 'retry_wait'].flatMap((state) => [
    example(9, state, ['create', 'status'], says(state), 'hub_busy'),
    example(9, `${state} as the answer to media`, ['media'], says(state), 'hub_busy_after_upload'),
    example(9, `${state} after this attempt sent media`, ['status'], says(state), 'hub_busy_after_upload', {
      situation: { uploading: true },
    }),
  ]),
  example(9, 'running for longer than its lease', ['create', 'status'], says('running'), 'claim_expired', {
    profiles: SEALED,
    situation: { claimExpired: true },
  }),
  example(9, 'running for longer than a lease it does not have', CALLS, says('running'), 'hub_stays_busy', {
    profiles: PLAIN,
    situation: { claimExpired: true },
  }),
  example(10, 'lost', CALLS, says('lost'), 'hub_lost_media'),
  example(10, 'lost, ordered again', ['create', 'status'], says('lost'), 'lost_media_again', {
    profiles: SEALED,
    situation: { hubLostMedia: true },
  }),
  example(11, 'pending', CALLS, says('pending'), 'hub_job_stuck'),
  example(12, '400', ['create'], status(400, { resource_rows: ['x'] }), 'hub_refused_payload'),
  example(13, '400', ['media'], status(400, { detail: 'x' }), 'hub_refused_payload', { profiles: PLAIN }),
  example(
    13,
    '400 with a rejection code',
    ['media'],
    status(400, { rejection_code: 'recipient_key_unavailable' }),
    'hub_refused_media',
    {
      profiles: SEALED,
    },
  ),
  example(14, '400 in HTML', CALLS, status(400), 'proxy_refused_request'),
  example(15, '401', CALLS, status(401, { detail: 'x' }), 'hub_denies_access'),
  example(15, '403', CALLS, status(403, { detail: 'x' }), 'hub_denies_access'),
  example(
    15,
    'our certificate refused by TLS',
    CALLS,
    notSent('client_certificate_refused'),
    'client_certificate_refused',
  ),
  example(16, '404', ['create'], status(404, { detail: 'x' }), 'hub_transfers_off'),
  example(17, '404 after a good create', ['media'], status(404, { detail: 'x' }), 'hub_forgot_transfer'),
  example(17, '404 after a good create', ['status'], status(404, { detail: 'x' }), 'unknown_to_hub'),
  example(17, '404 after it was registered anew', ['status'], status(404, { detail: 'x' }), 'hub_forgets_transfer', {
    situation: { hubForgot: true },
  }),
  example(18, '409', ['create'], status(409, { error: 'x' }), 'hub_conflict'),
  example(18, '409 with the document of this very transfer', ['create'], says('awaiting_media', 409), 'hub_conflict'),
  example(19, '409 running', ['media'], says('running', 409), 'hub_busy_after_upload'),
  example(20, '409 inconsistent', ['media'], says('inconsistent', 409), 'hub_inconsistent'),
  example(
    20,
    '409 running, of another transfer',
    ['media'],
    says('running', 409, { transfer_key: 'x' }),
    'hub_conflict',
  ),
  example(21, '413', CALLS, status(413), 'media_too_large_for_hub'),
  example(22, '415', CALLS, status(415, { detail: 'x' }), 'wrong_hub_profile'),
  example(23, '429', CALLS, status(429, { detail: 'x' }, 60_000), 'rate_limited'),
  ...[301, 302, 307, 308].map((code) => example(24, `${code}`, CALLS, says('applied', code), 'hub_redirects')),
  example(25, '500', ['create'], status(500), 'registration_failed_at_hub'),
  example(26, '500', ['media'], status(500), 'hub_error'),
  example(27, '502', ['create', 'media'], status(502), 'hub_error'),
  example(27, '503', CALLS, status(503, null, 30_000), 'hub_unavailable'),
  example(27, '504', ['create', 'media'], status(504), 'hub_error'),
  example(27, '5xx to a question', ['status'], status(502), 'hub_cannot_tell'),
  ...(['connection_refused', 'host_unknown', 'host_unreachable', 'connect_timeout', 'tls_failed'] as const).map(
    (code) => example(27, code, CALLS, notSent(code), code),
  ),
  ...(['headers_timeout', 'body_timeout', 'total_timeout', 'connection_lost', 'answer_too_large'] as const).flatMap(
    (code) => [
      example(28, code, ['create'], () => ({ kind: 'no_answer', code }), code),
      example(29, code, ['media'], () => ({ kind: 'no_answer', code }), code),
      example(27, code, ['status'], () => ({ kind: 'no_answer', code }), 'no_answer_to_question'),
    ],
  ),
  ...(
    [
      'hub_certificate_untrusted',
      'hub_certificate_wrong_host',
      'hub_certificate_expired',
      'hub_certificate_not_pinned',
    ] as const
  ).map((code) => example(30, code, CALLS, notSent(code), code)),
  example(
    31,
    '200 with another resource_hash',
    CALLS,
    says('applied', 200, { resource_hash: 'x' }),
    'identity_mismatch',
  ),
  example(32, '200 without JSON', CALLS, status(200), 'not_a_status_document'),
  example(33, '200 with an unknown state', CALLS, says('half_applied'), 'unknown_hub_state'),
];

describe('the rows of hub contract, chapter 8', () => {
  it.each(EXAMPLES.map((one) => [`row ${one.row}: ${one.hub} (${one.calls.join(', ')}) is ${one.seen}`, one] as const))(
    '%s',
    (_name, { row, profiles = HUB_PROFILES, calls, answer, situation, seen }) => {
      for (const profile of profiles) {
        for (const call of calls) {
          const known = { ...situationOf(profile), ...situation };
          expect(observe(call, answer(profile), known).seen).toBe(seen);
          const reaction = reactionTo(call, answer(profile), known);
          const { next, failureClass, counted }: ReactionRow = REACTIONS[seen];
          expect(reaction.do).toBe(next === 'failed' ? 'fail' : next);
          if (reaction.do === 'fail') {
            expect(reaction).toMatchObject({ failure_class: failureClass, counted: counted ?? true });
          }
        }
      }
      expect(REACTIONS[seen].rows).toContain(row);
    },
  );

  it('each have an example', () => {
    const shown = new Set(EXAMPLES.map(({ row }) => row));
    expect(Array.from({ length: ROWS }, (_, index) => index + 1).filter((row) => !shown.has(row))).toEqual([]);
  });

  it('are each answered by a row of the table, and no row of the table goes without an example of its rows', () => {
    const shown = new Set(EXAMPLES.map(({ seen }) => seen));
    const unshown = Object.entries<ReactionRow>(REACTIONS).filter(
      ([seen, { rows }]) => rows.length > 0 && !shown.has(seen as Observation),
    );
    expect(unshown.map(([seen]) => seen)).toEqual([]);
  });
});

describe('the table of reactions', () => {
  const rows = Object.entries<ReactionRow>(REACTIONS);

  it('stands in the documents as it is', () => {
    const document = readFileSync(new URL('../../../../docs/hub-contract.md', import.meta.url), 'utf8');
    const squeezed = document.replaceAll(/ +/g, ' ').replaceAll(/-{2,}/g, '-');
    for (const line of documentRows()) expect(squeezed).toContain(line);
    expect(squeezed.match(/^\| `[a-z_]+` \| [\d, –]+ \|/gm)).toHaveLength(rows.length);
  });

  it('needs a person exactly where neither time nor the site can mend it', () => {
    for (const [seen, { next, failureClass, alert }] of rows) {
      const isForPeople =
        next === 'failed' && ['configuration', 'authorization', 'integrity'].includes(failureClass ?? '');
      expect([seen, alert !== undefined]).toEqual([seen, isForPeople]);
    }
  });

  it('lets no answer but a verified one complete, and none but that of a hub that takes media upload', () => {
    expect(rows.filter(([, { next }]) => next === 'complete').map(([seen]) => seen)).toEqual(['applied']);
    expect(rows.filter(([, { next }]) => next === 'upload').map(([seen]) => seen)).toEqual([
      'awaiting_media',
      'upload_failed_at_hub',
      'claim_expired',
      'lost_media_again',
    ]);
  });
});

/** What `docs/hub-contract.md` shows. */
function documentRows(): readonly string[] {
  return Object.entries<ReactionRow>(REACTIONS).map(
    ([seen, { rows, seen: words, next, failureClass, counted, ask, alert }]) => {
      const retry =
        failureClass === undefined
          ? '–'
          : ({ transient: 'by itself', worker_lost: 'by itself', ineligible: 'when eligible' }[
              failureClass as 'transient'
            ] ?? 'by an operator');
      const free = counted === false ? ', uncounted' : '';
      const first = ask === true ? 'asks first' : '';
      return `| \`${seen}\` | ${rows.join(', ') || '–'} | ${words} | ${next} | ${failureClass ?? '–'} | ${retry}${free} | ${first} | ${alert ?? ''} |`.replaceAll(
        / +/g,
        ' ',
      );
    },
  );
}

function example(
  row: number,
  hub: string,
  calls: readonly HubCall[],
  answer: Example['answer'],
  seen: Observation,
  more: Pick<Example, 'profiles' | 'situation'> = {},
): Example {
  return { row, hub, calls, answer, seen, ...more };
}

function says(transfer_status: string, code = 200, more: Record<string, unknown> = {}): Example['answer'] {
  return (profile) => status(code, { ...hubDocument(profile, transfer_status), ...more })(profile);
}

function applied(more: Record<string, unknown> = {}): Example['answer'] {
  return (profile) => {
    const { envelope, ciphertext_sha256, ciphertext_size } = sealedFor(profile);
    const { contract_version: envelope_contract_version, ...identity } = identityOf(transferOf(profile));
    const envelope_receipt = {
      ...identity,
      contract_version: 'hub_media_envelope_receipt_v1',
      envelope_contract_version,
      recipient_key_id: envelope.recipient_key_id,
      ciphertext_sha256,
      ciphertext_size,
      envelope_fingerprint_sha256: fingerprintOf(envelope),
      receiver_transfer_id: HUB_TRANSFER_ID,
      transfer_status: 'applied',
      processing_decision: 'skip_processing_preserved_state',
      verified: true,
      ...more,
    };
    return says('applied', 200, { envelope_receipt })(profile);
  };
}

function status(
  code: number,
  document: Readonly<Record<string, unknown>> | null = null,
  retryAfterMs: number | null = null,
): Example['answer'] {
  return () => ({ kind: 'answered', status: code, document, retryAfterMs });
}

function notSent(code: Extract<HubAnswer, { kind: 'not_sent' }>['code']): Example['answer'] {
  return () => ({ kind: 'not_sent', code });
}

function transferOf(profile: HubProfile) {
  return { intent: intentOf(), frozen: frozenFor(profile) };
}

function situationOf(profile: HubProfile): Situation {
  return { ...transferOf(profile), hubTransferId: HUB_TRANSFER_ID, uploadBegun: true, sealed: sealedFor(profile) };
}

function sealedFor(profile: HubProfile): SealedMedia {
  return {
    envelope: {
      ...identityOf(transferOf(profile)),
      recipient_key_id: 'e'.repeat(64),
      ephemeral_public_key: 'A'.repeat(43),
      wrap_salt: 'A'.repeat(22),
      wrap_nonce: 'A'.repeat(16),
      wrapped_data_encryption_key: 'A'.repeat(64),
      payload_nonce: 'A'.repeat(16),
      payload_tag: 'A'.repeat(22),
    },
    ciphertext_sha256: 'f'.repeat(64),
    ciphertext_size: 4096,
  };
}
