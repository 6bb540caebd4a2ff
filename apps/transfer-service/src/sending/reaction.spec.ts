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

  it('it awaits the media, new or again: the upload follows', () => {
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

  it('applied before any byte was sent is no proof', () => {
    for (const call of ['create', 'status'] as const) {
      expect(reactionTo(call, answered(201, says('applied')), before)).toEqual(
        alerting(fails('integrity', 'applied_without_upload', 201)),
      );
    }
  });

  it.each(['running', 'claimed', 'retry_wait'])('%s is waited for, and uses up no attempt', (state) => {
    for (const call of ['create', 'status'] as const) {
      expect(reactionTo(call, answered(200, says(state)), after)).toEqual({
        do: 'wait',
        hub_status: state,
        http_status: 200,
        retry_after_ms: null,
        otherwise: { ...fails('transient', 'hub_busy', 200), counted: false },
      });
    }
  });

  it('a hub that is busy with the media is given the same bytes later, no sooner than it asks, at the cost of an attempt', () => {
    const counted = { ...fails('transient', 'hub_busy_after_upload', 409), counted: true, retry_after_ms: 7_000 };
    const waits = { do: 'wait', retry_after_ms: 7_000 };
    const running = (status: number) => answered(status, says('running'), 7_000);
    expect(reactionTo('media', running(409), after)).toMatchObject({ ...waits, otherwise: counted });
    expect(reactionTo('status', running(200), { ...after, uploading: true })).toMatchObject({
      ...waits,
      otherwise: { ...counted, http_status: 200 },
    });
  });

  it('a limit of requests is respected as long as the hub asks, and uses up no attempt', () => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(429, null, 60_000), after)).toEqual({
        ...fails('transient', 'rate_limited', 429),
        counted: false,
        retry_after_ms: 60_000,
      });
    }
  });

  it.each([500, 501, 502, 504, 599])('after %i the next request is a question', (status) => {
    for (const call of ['create', 'media'] as const) {
      expect(reactionTo(call, answered(status, says('applied')), after)).toMatchObject({
        do: 'ask',
        http_status: status,
        otherwise: { failure_class: 'transient', outcome_unknown: true },
      });
    }
    expect(reactionTo('status', answered(status, null), after)).toEqual(fails('transient', 'hub_cannot_tell', status));
  });

  it('a registration that the hub fails on is not tried for ever', () => {
    const reaction = reactionTo('create', answered(500, null), before);
    expect(reaction).toMatchObject({ do: 'ask', otherwise: { attempts_max: 3 } });
  });

  it('an unavailable hub is tried again no sooner than it asks, and first of all it is asked', () => {
    for (const call of CALLS) {
      expect(reactionTo(call, answered(503, null, 30_000), after)).toEqual({
        ...fails('transient', 'hub_unavailable', 503),
        retry_after_ms: 30_000,
        outcome_unknown: call !== 'status',
      });
    }
  });

  it.each(['headers_timeout', 'body_timeout', 'total_timeout', 'connection_lost', 'answer_too_large'] as const)(
    'after %s the next request is a question',
    (code) => {
      const lost = { kind: 'no_answer', code } as const;
      expect(reactionTo('create', lost, before)).toMatchObject({ do: 'ask', code, http_status: null });
      expect(reactionTo('media', lost, after)).toMatchObject({ do: 'ask', code, http_status: null });
      expect(reactionTo('status', lost, after)).toEqual(fails('transient', code, null));
    },
  );

  it.each(identity)('another, a missing or an empty %s makes the answer one about something else', (field) => {
    for (const call of CALLS) {
      for (const value of ['something-else', undefined, '', null, 5, ['x']]) {
        expect(reactionTo(call, answered(200, says('applied', { [field]: value })), after)).toEqual(
          alerting(fails('integrity', 'identity_mismatch', 200)),
        );
      }
    }
  });

  it('a success without a status document is none', () => {
    for (const document of [null, {}, { transfer_status: 5 }]) {
      for (const call of CALLS) {
        expect(reactionTo(call, answered(200, document), after)).toEqual(
          alerting(fails('integrity', 'not_a_status_document', 200)),
        );
      }
    }
  });

  it('a state that nobody knows never completes', () => {
    for (const state of ['done', 'APPLIED', 'applied ', '']) {
      expect(reactionTo('media', answered(200, says(state)), after)).toEqual(
        alerting(fails('integrity', 'unknown_hub_state', 200)),
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

function alerting(failure: ReturnType<typeof fails>) {
  return { ...failure, alert: 'transfer' };
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
