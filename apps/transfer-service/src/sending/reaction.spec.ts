import fc from 'fast-check';
import type { HubProfile } from '@hub-export/contracts';
import { frozenFor, HUB_TRANSFER_ID, hubDocument, intentOf } from '../testing/transfers.testing.js';
import type { HubAnswer, HubCall } from './hub-answer.js';
import { reactionTo, type Situation } from './reaction.js';
import { HUB_STATES } from './status-document.js';

const CALLS: readonly HubCall[] = ['create', 'media', 'status'];
/** Those that send media in the clear; sealed profiles have rows of their own. */
const PROFILES: readonly HubProfile[] = ['endoreg-2.0', 'endoreg-3.0'];

const IDENTITY = [
  'transfer_key',
  'source_node_key',
  'target_node_key',
  'source_center_key',
  'resource_kind',
  'resource_hash',
  'processed_media_hash',
  'transfer_mode',
  'payload_schema_version',
  'id',
] as const;

describe.each(PROFILES)('what follows from an answer of a hub with the profile %s', (profile) => {
  const before: Situation = situation({ uploadBegun: false });
  const after: Situation = situation({ uploadBegun: true });
  const identity = IDENTITY.filter((field) => profile !== 'endoreg-2.0' || field !== 'processed_media_hash');
  const says = (transfer_status: string, more: Record<string, unknown> = {}) => ({
    ...hubDocument(profile, transfer_status),
    ...more,
  });

  it('rows 1 and 2: it awaits the media, new or again: the upload follows', () => {
    for (const status of [200, 201]) {
      expect(reactionTo('create', answered(status, says('awaiting_media')), before)).toMatchObject({ do: 'upload' });
    }
    expect(reactionTo('status', answered(200, says('awaiting_media')), after)).toMatchObject({ do: 'upload' });
  });

  it('applied after the upload completes the transfer, by whatever call it is told', () => {
    expect(reactionTo('media', answered(200, says('applied')), after)).toMatchObject({ do: 'complete' });
    expect(reactionTo('status', answered(200, says('applied')), after)).toMatchObject({ do: 'complete' });
    expect(reactionTo('create', answered(200, says('applied')), after)).toMatchObject({ do: 'complete' });
  });

  it('row 5: applied before any byte was sent is no proof', () => {
    for (const call of ['create', 'status'] as const) {
      expect(reactionTo(call, answered(201, says('applied')), before)).toEqual(
        fails('integrity', 'applied_without_upload', 201),
      );
    }
  });

  it.each([
    ['row 6', 'inconsistent', 'integrity', 'hub_inconsistent'],
    ['row 7', 'failed', 'configuration', 'hub_failed'],
    ['row 10', 'lost', 'integrity', 'hub_lost_media'],
    ['row 11', 'pending', 'configuration', 'hub_job_stuck'],
  ] as const)('%s: %s needs a person', (_row, state, failureClass, code) => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(200, says(state)), after)).toEqual(fails(failureClass, code, 200));
    }
  });

  it.each(['running', 'claimed', 'retry_wait'])('row 9: %s is waited for, and uses up no attempt', (state) => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(200, says(state)), after)).toEqual({
        ...fails('transient', 'hub_busy', 200),
        counted: false,
      });
    }
  });

  it('media that was taken and is still awaited is sent again later', () => {
    expect(reactionTo('media', answered(200, says('awaiting_media')), after)).toEqual(
      fails('transient', 'hub_still_awaits_media', 200),
    );
  });

  it.each([
    ['rows 12 and 13', 400, { detail: 'x' }, 'configuration', 'hub_refused_payload'],
    ['row 14', 400, null, 'configuration', 'proxy_refused_request'],
    ['row 15', 401, null, 'authorization', 'hub_denies_access'],
    ['row 15', 403, { detail: 'x' }, 'authorization', 'hub_denies_access'],
    ['row 21', 413, null, 'configuration', 'media_too_large_for_hub'],
    ['row 22', 415, { detail: 'x' }, 'configuration', 'wrong_hub_profile'],
    ['a refused entity', 422, { detail: 'x' }, 'configuration', 'unexpected_hub_answer'],
    ['a wrong method', 405, { detail: 'x' }, 'configuration', 'unexpected_hub_answer'],
    ['a success that is none', 202, null, 'configuration', 'unexpected_hub_answer'],
  ] as const)('%s: status %i is final, whatever was asked', (_row, status, document, failureClass, code) => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(status, document), after)).toEqual(fails(failureClass, code, status));
    }
  });

  it('row 16: a hub that knows no transfers at registration is not one', () => {
    expect(reactionTo('create', answered(404, { detail: 'x' }), before)).toEqual(
      fails('configuration', 'hub_transfers_off', 404),
    );
  });

  it('row 17: a transfer that the hub does not know is registered; media for one is sent no more before it was asked', () => {
    expect(reactionTo('status', answered(404, { detail: 'x' }), before)).toEqual({ do: 'register', http_status: 404 });
    expect(reactionTo('media', answered(404, { detail: 'x' }), after)).toEqual({
      ...fails('transient', 'hub_forgot_transfer', 404),
      outcome_unknown: true,
    });
  });

  it('row 18: a conflict at registration is never a success, whatever it says', () => {
    for (const document of [null, { error: 'x' }, says('applied'), says('awaiting_media'), says('running')]) {
      expect(reactionTo('create', answered(409, document), after)).toEqual(fails('integrity', 'hub_conflict', 409));
    }
  });

  it('row 19: a hub that is busy with the media is given the same bytes later, no sooner than it asks', () => {
    expect(reactionTo('media', answered(409, says('running'), 7_000), after)).toEqual({
      ...fails('transient', 'hub_busy', 409),
      counted: false,
      retry_after_ms: 7_000,
    });
  });

  it('row 20: any other conflict about media is final, so is a busy one of another transfer', () => {
    for (const document of [
      null,
      says('inconsistent'),
      says('applied'),
      says('running', { transfer_key: 'another__key' }),
    ]) {
      expect(reactionTo('media', answered(409, document), after)).toEqual(fails('integrity', 'hub_conflict', 409));
    }
  });

  it('row 23: a limit of requests is respected as long as the hub asks, and uses up no attempt', () => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(429, null, 60_000), after)).toEqual({
        ...fails('transient', 'rate_limited', 429),
        counted: false,
        retry_after_ms: 60_000,
      });
    }
  });

  it.each([300, 301, 302, 303, 307, 308, 399])('row 24: a redirect (%i) is final and never followed', (status) => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(status, says('applied')), after)).toEqual(
        fails('configuration', 'hub_redirects', status),
      );
    }
  });

  it.each([500, 501, 502, 504, 599])('rows 25 to 27: after %i the next request is a question', (status) => {
    for (const call of ['create', 'media'] as const) {
      expect(reactionTo(call, answered(status, says('applied')), after)).toEqual({
        do: 'ask',
        code: 'hub_error',
        http_status: status,
      });
    }
    expect(reactionTo('status', answered(status, null), after)).toEqual(fails('transient', 'hub_error', status));
  });

  it('row 27: an unavailable hub is tried again no sooner than it asks, and first of all it is asked', () => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(503, null, 30_000), after)).toEqual({
        ...fails('transient', 'hub_unavailable', 503),
        retry_after_ms: 30_000,
        outcome_unknown: call !== 'status',
      });
    }
  });

  it.each(['headers_timeout', 'body_timeout', 'total_timeout', 'connection_lost', 'answer_too_large'] as const)(
    'rows 28 and 29: after %s the next request is a question',
    (code) => {
      const lost = { kind: 'no_answer', code } as const;
      expect(reactionTo('create', lost, before)).toEqual({ do: 'ask', code, http_status: null });
      expect(reactionTo('media', lost, after)).toEqual({ do: 'ask', code, http_status: null });
      expect(reactionTo('status', lost, after)).toEqual(fails('transient', code, null));
    },
  );

  it.each([
    ['row 30', 'hub_certificate_untrusted', 'configuration'],
    ['row 30', 'hub_certificate_wrong_host', 'configuration'],
    ['row 30', 'hub_certificate_expired', 'configuration'],
    ['our certificate', 'client_certificate_refused', 'authorization'],
    ['row 27', 'connection_refused', 'transient'],
    ['row 27', 'host_unknown', 'transient'],
    ['row 27', 'host_unreachable', 'transient'],
    ['row 27', 'connect_timeout', 'transient'],
    ['row 27', 'tls_failed', 'transient'],
    ['our files', 'certificates_unreadable', 'transient'],
    ['our media', 'media_missing', 'integrity'],
    ['our media', 'media_unreadable', 'integrity'],
    ['our media', 'media_changed', 'integrity'],
    ['our media', 'media_kind_mismatch', 'integrity'],
  ] as const)('%s: %s was surely not sent, and is of the class %s', (_row, code, failureClass) => {
    for (const call of CALLS) {
      expect(reactionTo(call, { kind: 'not_sent', code }, after)).toEqual(fails(failureClass, code, null));
    }
  });

  it.each(identity)('row 31: another, a missing or an empty %s makes the answer one about something else', (field) => {
    for (const call of CALLS) {
      for (const value of ['something-else', undefined, '', null, 5, ['x']]) {
        expect(reactionTo(call, answered(200, says('applied', { [field]: value })), after)).toEqual(
          fails('integrity', 'identity_mismatch', 200),
        );
      }
    }
  });

  it('row 32: a success without a status document is none', () => {
    for (const document of [null, {}, { transfer_status: 5 }]) {
      for (const call of CALLS) {
        expect(reactionTo(call, answered(200, document), after)).toEqual(
          fails('integrity', 'not_a_status_document', 200),
        );
      }
    }
  });

  it('row 33: a state that nobody knows never completes', () => {
    for (const state of ['done', 'APPLIED', 'applied ', '']) {
      expect(reactionTo('media', answered(200, says(state)), after)).toEqual(
        fails('integrity', 'unknown_hub_state', 200),
      );
    }
  });

  it('leaves no word where the lease was lost or the service stops: the next holder finds out', () => {
    for (const reason of ['lease_lost', 'stopping'] as const) {
      expect(reactionTo('media', { kind: 'aborted', reason }, after)).toEqual({ do: 'leave' });
    }
  });

  it('knows that media which was broken off may have arrived', () => {
    expect(reactionTo('media', { kind: 'aborted', reason: 'egress_stopped' }, after)).toEqual({
      ...fails('transient', 'egress_stopped', null),
      counted: false,
      outcome_unknown: true,
    });
    expect(reactionTo('media', { kind: 'aborted', reason: 'ineligible' }, after)).toEqual({
      ...fails('ineligible', 'ineligible', null),
      outcome_unknown: true,
    });
  });

  describe('whatever is answered', () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue());
    const anyStatus = fc.integer({ min: 100, max: 599 });
    const anyCall = fc.constantFrom(...CALLS);
    const nearDocument = fc
      .tuple(
        fc.constantFrom(...HUB_STATES, 'other'),
        fc.subarray([...identity, 'transfer_status'], { minLength: 1 }),
        fc.jsonValue(),
      )
      .map(([state, fields, value]) => ({
        ...says(state),
        ...Object.fromEntries(fields.map((field) => [field, value])),
      }));

    it('with a wrong identity field it never completes, and never sends media', () => {
      fc.assert(
        fc.property(anyCall, anyStatus, nearDocument, fc.boolean(), (call, status, document, uploadBegun) => {
          const own: Readonly<Record<string, unknown>> = says('applied');
          const isTrue = identity.every((field) => document[field] === own[field]);
          fc.pre(!isTrue);
          const known = { ...situation({ uploadBegun }), hubTransferId: HUB_TRANSFER_ID };
          const { do: reaction } = reactionTo(call, answered(status, document), known);
          expect(['complete', 'upload']).not.toContain(reaction);
        }),
        { numRuns: 2_000 },
      );
    });

    it('it completes with a success that says applied, and in no other way', () => {
      let completed = 0;
      fc.assert(
        fc.property(
          anyCall,
          fc.oneof(fc.constantFrom(200, 201), anyStatus),
          fc.constantFrom(...HUB_STATES),
          (call, status, state) => {
            const reaction = reactionTo(call, answered(status, says(state)), after);
            if (reaction.do !== 'complete') return;
            completed += 1;
            expect([state, [200, 201].includes(status)]).toEqual(['applied', true]);
          },
        ),
        { numRuns: 1_000, seed: 5 },
      );
      expect(completed).toBeGreaterThan(0);
    });

    it('there is a reaction, never an exception', () => {
      fc.assert(
        fc.property(anyCall, anyStatus, fc.option(json), fc.boolean(), (call, status, document, uploadBegun) => {
          expect(reactionTo(call, answered(status, document), situation({ uploadBegun }))).toHaveProperty('do');
        }),
        { numRuns: 2_000 },
      );
    });

    it('what may have taken effect is asked about before anything is sent again', () => {
      fc.assert(
        fc.property(fc.constantFrom<HubCall>('create', 'media'), fc.integer({ min: 500, max: 599 }), (call, status) => {
          const reaction = reactionTo(call, answered(status, null), after);
          expect(reaction.do === 'ask' || (reaction.do === 'fail' && reaction.outcome_unknown)).toBe(true);
        }),
      );
    });
  });

  function situation({ uploadBegun }: { uploadBegun: boolean }): Situation {
    const hubTransferId = uploadBegun ? HUB_TRANSFER_ID : null;
    return { intent: intentOf(), frozen: frozenFor(profile), hubTransferId, uploadBegun };
  }
});

function answered(
  status: number,
  document: Readonly<Record<string, unknown>> | null,
  retryAfterMs: number | null = null,
): HubAnswer {
  return { kind: 'answered', status, document, retryAfterMs };
}

function fails(failure_class: string, code: string, http_status: number | null) {
  return {
    do: 'fail',
    failure_class,
    code,
    http_status,
    counted: true,
    retry_after_ms: null,
    outcome_unknown: false,
  };
}
