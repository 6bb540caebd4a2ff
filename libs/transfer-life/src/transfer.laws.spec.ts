import fc from 'fast-check';
import { fold, Refusal } from '@hub-export/event-sourcing';
import type { TransferEvent } from '@hub-export/contracts';
import {
  ACCEPT,
  ANSWER,
  COMPLETE,
  ELIGIBLE,
  FAIL,
  failed,
  FROZEN,
  HOLD,
  INELIGIBLE,
  LIVES,
  MARK,
  marked,
  outcomeUnknown,
  QUEUE,
  queued,
  registrationStarted,
  RELEASE,
  START_REGISTRATION,
  START_UPLOAD,
  UNKNOWN,
  UNMARK,
} from './testing/lives.js';
import { ALLOWED_TRANSITIONS, type Transfer, type TransferCommand, transferDecider } from './transfer.js';

const OTHER_PAYLOAD = { ...FROZEN, payload_digest: 'f'.repeat(64) };
const OTHER_MEDIA = { ...OTHER_PAYLOAD, media_sha256: '9'.repeat(64) };

const eligibility = fc.constantFrom(ELIGIBLE, ELIGIBLE, ELIGIBLE, INELIGIBLE);
const attempt = fc.integer({ min: 1, max: 4 });
const reason = fc.constantFrom('operator', 'auto_queue', 'retry_policy', 'eligible_again' as const);
const failureClass = fc.constantFrom(
  'transient',
  'configuration',
  'authorization',
  'integrity',
  'ineligible',
  'worker_lost' as const,
);

const command: fc.Arbitrary<TransferCommand> = fc.oneof(
  eligibility.map((verdict) => ({ ...MARK, eligibility: verdict })),
  fc.constantFrom<TransferCommand>(
    UNMARK,
    HOLD,
    RELEASE,
    { ...HOLD, reason: 'ineligible' },
    { ...RELEASE, reason: 'ineligible' },
  ),
  fc
    .tuple(reason, eligibility, fc.constantFrom(FROZEN, OTHER_PAYLOAD, OTHER_MEDIA))
    .map(([why, verdict, frozen]) => QUEUE(why, { eligibility: verdict, frozen })),
  eligibility.map((verdict) => START_REGISTRATION(verdict)),
  attempt.map(ACCEPT),
  fc.tuple(attempt, eligibility).map(([n, verdict]) => START_UPLOAD(n, verdict)),
  attempt.map((n) => COMPLETE(n)),
  fc.tuple(attempt, failureClass).map(([n, failure]) => FAIL(n, failure)),
  attempt.map(UNKNOWN),
  fc.tuple(attempt, fc.constantFrom('found', 'not_found' as const)).map(([n, answer]) => ANSWER(n, answer)),
);

/** What a life goes through when these commands are asked one after the other. */
function live(commands: readonly TransferCommand[], begin: Transfer = transferDecider.initialState) {
  const events: TransferEvent[] = [];
  const states: Transfer[] = [begin];
  let state = begin;
  for (const asked of commands) {
    for (const event of decideOrNothing(asked, state)) {
      state = transferDecider.evolve(state, event);
      events.push(event);
      states.push(state);
    }
  }
  return { events, states, state };
}

function decideOrNothing(asked: TransferCommand, state: Transfer): readonly TransferEvent[] {
  try {
    return transferDecider.decide(asked, state);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

const lives = fc.array(command, { maxLength: 60 });
/** An upload whose answer was lost, tried again. */
const AFTER_LOST_ANSWER = [
  ...LIVES.uploading,
  outcomeUnknown(),
  failed(),
  queued('retry_policy'),
  registrationStarted(2),
];
const beginnings = fc
  .constantFrom<readonly TransferEvent[]>(...Object.values(LIVES), AFTER_LOST_ANSWER)
  .map((life) =>
    life.reduce((state: Transfer, event) => transferDecider.evolve(state, event), transferDecider.initialState),
  );

describe('the laws of a transfer', () => {
  it('no sequence of commands leaves the twelve transitions', () => {
    const allowed = new Set(ALLOWED_TRANSITIONS.map(([from, to]) => `${from} -> ${to}`));
    fc.assert(
      fc.property(lives, beginnings, (commands, begin) => {
        const { states } = live(commands, begin);
        for (const [index, after] of states.slice(1).entries()) {
          const before = states[index];
          if (before?.status !== after.status) expect(allowed).toContain(`${before?.status} -> ${after.status}`);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('every one of the twelve transitions is reached', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(lives, beginnings, (commands, begin) => {
        const { states } = live(commands, begin);
        states.slice(1).forEach((after, index) => seen.add(`${states[index]?.status} -> ${after.status}`));
      }),
      { numRuns: 2000, seed: 7 },
    );
    for (const [from, to] of ALLOWED_TRANSITIONS) {
      expect(seen).toContain(`${from} -> ${to}`);
    }
  });

  it('what the hub may hold is never frozen anew', () => {
    fc.assert(
      fc.property(lives, beginnings, (commands, begin) => {
        const { states } = live(commands, begin);
        for (const [index, after] of states.slice(1).entries()) {
          const before = states[index];
          if (before === undefined || !('progress' in before) || !('progress' in after)) continue;
          if (before.progress.bound) expect(after.frozen).toEqual(before.frozen);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('media once sent binds the payload for good', () => {
    fc.assert(
      fc.property(lives, (commands) => {
        const sent = transferDecider.evolve(foldLife('uploading'), outcomeUnknown());
        const { state } = live(commands, sent);
        expect(state).toMatchObject({ frozen: FROZEN, progress: { bound: true, uploadBegun: true } });
      }),
      { numRuns: 1000 },
    );
  });

  it('without a byte sent, or perhaps sent, a hub without receipts completes nothing', () => {
    const begin = foldLife('uploading');
    fc.assert(
      fc.property(lives, (commands) => {
        const silent = commands
          .filter(({ type }) => type !== 'RecordOutcomeUnknown')
          .map((asked) => (asked.type === 'CompleteTransfer' ? { ...asked, bytes_sent: 0 } : asked))
          .filter((asked) => !(asked.type === 'FailTransfer' && asked.failure_class === 'worker_lost'));
        expect(live(silent, begin).state.status).not.toBe('completed');
      }),
      { numRuns: 1000 },
    );
  });

  it('nothing starts while it is held, or without a verdict that says eligible', () => {
    fc.assert(
      fc.property(lives, command, beginnings, (commands, asked, begin) => {
        const before = live(commands, begin).state;
        const started = decideOrNothing(asked, before).some(
          ({ type }) => type === 'RegistrationStarted' || type === 'UploadStarted',
        );
        if (!started) return;
        expect(before).toMatchObject({ progress: { held: [] } });
        expect(asked).toMatchObject({ eligibility: { eligible: true } });
      }),
      { numRuns: 2000 },
    );
  });

  it('local media becomes eligible for clean-up with a verified completion, and in no other way', () => {
    const policy = { ...marked, local_cleanup_policy: 'eligible_after_verified_apply' as const };
    const uploading = fold<Transfer, TransferCommand, TransferEvent>(transferDecider, [
      policy,
      ...LIVES.uploading.slice(1),
    ]);
    let eligible = 0;
    fc.assert(
      fc.property(lives, (commands) => {
        const { events } = live(commands, uploading);
        for (const [index, { type }] of events.entries()) {
          if (type !== 'LocalMediaCleanupEligible') continue;
          eligible += 1;
          expect(events[index - 1]?.type).toBe('TransferCompleted');
        }
      }),
      { numRuns: 1000, seed: 3 },
    );
    expect(eligible).toBeGreaterThan(0);
  });

  it('completed is terminal', () => {
    const done = live([], foldLife('completed')).state;
    fc.assert(
      fc.property(lives, (commands) => {
        expect(live(commands, done).events).toEqual([]);
      }),
    );
  });

  it('evolve never refuses, whatever the history', () => {
    const events = fc.array(fc.constantFrom<TransferEvent>(...Object.values(LIVES).flat(), failed(2)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(events, (history) => {
        const end = history.reduce<Transfer>((state, event) => transferDecider.evolve(state, event), {
          status: 'not_marked',
        });
        expect(end.status).toEqual(expect.any(String));
      }),
    );
  });

  it('deciding twice is deciding once: a command that took effect has nothing more to say', () => {
    // Queueing, starting and failing name a new moment of the life; the machine tells them apart by its state.
    fc.assert(
      fc.property(lives, command, (commands, asked) => {
        const before = live(commands).state;
        const first = decideOrNothing(asked, before);
        const after = first.reduce((state, event) => transferDecider.evolve(state, event), before);
        if (asked.type === 'RecordOutcomeUnknown' || asked.type === 'RecordHubAnswer') return;
        if (first.length > 0) expect(decideOrNothing(asked, after)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('a history of the machine, told again, gives the same state', () => {
    fc.assert(
      fc.property(lives, (commands) => {
        const { events, state } = live(commands);
        expect(
          live(
            [],
            events.reduce<Transfer>((s, e) => transferDecider.evolve(s, e), { status: 'not_marked' }),
          ).state,
        ).toEqual(state);
      }),
    );
  });
});

function foldLife(name: keyof typeof LIVES): Transfer {
  return LIVES[name].reduce<Transfer>((state, event) => transferDecider.evolve(state, event), { status: 'not_marked' });
}
