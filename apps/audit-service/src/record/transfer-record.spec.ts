import type { TransferEvent } from '@hub-export/contracts';
import type { Transfer } from '@hub-export/transfer-life';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { livesOf } from '../testing/lives.testing.js';
import { named } from '../testing/log.testing.js';
import { transferDetail } from './transfer-answer.js';
import { evolveRecord, type TransferRecord } from './transfer-record.js';

const lives = livesOf(named('a'));

function folded(events: readonly TransferEvent[]): TransferRecord | null {
  return events.reduce<TransferRecord | null>((record, event) => evolveRecord(record, event), null);
}

type Of<Type extends TransferEvent['type']> = Extract<TransferEvent, { type: Type }>;

function ofType<Type extends TransferEvent['type']>(events: readonly TransferEvent[], ...types: Type[]): Of<Type>[] {
  return events.filter((event): event is Of<Type> => (types as string[]).includes(event.type));
}

/** The attempts, cut out of the list of facts: from each start to the next. */
function slices(events: readonly TransferEvent[]): readonly (readonly TransferEvent[])[] {
  const starts = events.flatMap(({ type }, place) => (type === 'RegistrationStarted' ? [place] : []));
  return starts.map((start, place) => events.slice(start, starts[place + 1]));
}

describe('the record of a transfer, for any life that the rules allow', () => {
  const holds = (claim: (events: readonly TransferEvent[], record: TransferRecord, state: Transfer) => void) =>
    fc.assert(
      fc.property(lives, ({ events, state }) => {
        const record = folded(events);
        if (record === null) expect(events).toEqual([]);
        else claim(events, record, state);
      }),
      { numRuns: 300 },
    );

  it('has the state that the rules say, and the same holds', () => {
    holds((_events, record, state) => {
      expect(record.status).toBe(state.status);
      if ('progress' in state) expect(record.held).toEqual(state.progress.held);
    });
  });

  it('tells who marked it and who took the mark back, each time', () => {
    holds((events, record) => {
      const told = ofType(events, 'ResourceMarked', 'ResourceUnmarked').map(({ by, at: when }) => ({ by, at: when }));
      expect(record.marks.map(({ by, at: when }) => ({ by, at: when }))).toEqual(told);
      const line = transferDetail(record);
      const mark = ofType(events, 'ResourceMarked').at(-1);
      expect([line.marked_by, line.marked_at]).toEqual([mark?.by, mark?.at]);
      const isUnmarked = record.status === 'not_marked';
      expect(line.unmarked_at).toBe(isUnmarked ? ofType(events, 'ResourceUnmarked').at(-1)?.at : null);
    });
  });

  it('tells when it was queued, each time, and each hold and release', () => {
    holds((events, record) => {
      expect(record.queues.map(({ at: when }) => when)).toEqual(
        ofType(events, 'TransferQueued').map(({ at: when }) => when),
      );
      expect(transferDetail(record).queued_at).toBe(ofType(events, 'TransferQueued').at(-1)?.at ?? null);
      expect(record.holds.map(({ at: when, reason }) => [when, reason])).toEqual(
        ofType(events, 'TransferHeld', 'TransferReleased').map(({ at: when, reason }) => [when, reason]),
      );
    });
  });

  it('tells of each attempt when registration and upload started and finished, and how it ended', () => {
    holds((events, record) => {
      const cut = slices(events);
      expect(record.attempts).toHaveLength(cut.length);
      cut.forEach((facts, place) => {
        const told = record.attempts[place];
        const end = ofType(facts, 'TransferCompleted', 'TransferFailed')[0];
        const [accepted] = ofType(facts, 'RegistrationAccepted');
        const [upload] = ofType(facts, 'UploadStarted');
        expect(told).toMatchObject({
          attempt: place + 1,
          registration_started_at: facts[0]?.at,
          registration_finished_at: accepted?.at ?? end?.at ?? null,
          upload_started_at: upload?.at ?? null,
          upload_finished_at: upload === undefined ? null : (end?.at ?? null),
          ended_at: end?.at ?? null,
          outcome: end === undefined ? 'running' : end.type === 'TransferFailed' ? 'failed' : 'completed',
        });
        expect(told?.unknown_outcomes).toHaveLength(ofType(facts, 'OutcomeUnknown').length);
        expect(told?.hub_answers).toHaveLength(ofType(facts, 'HubAsked').length);
        const sent = ofType(facts, 'OutcomeUnknown', 'TransferCompleted', 'TransferFailed').map(
          ({ bytes_sent }) => bytes_sent,
        );
        expect(told?.bytes_sent).toBe(Math.max(0, ...sent));
      });
    });
  });

  it('keeps the last failure, also after a success, and tells the final outcome only then', () => {
    holds((events, record) => {
      const failure = ofType(events, 'TransferFailed').at(-1);
      expect(record.last_failure?.code).toBe(failure?.code);
      expect(record.last_failure?.at).toBe(failure?.at);
      const [done] = ofType(events, 'TransferCompleted');
      expect(record.final_outcome?.acknowledgement).toEqual(done?.acknowledgement);
      expect(record.final_outcome?.at).toBe(done?.at);
      expect(record.local_cleanup.outcome).toBe(done === undefined ? null : 'retained');
    });
  });

  it('is drawn from lives of which some fail twice and then succeed', () => {
    const drawn = fc.sample(lives, { numRuns: 300, seed: 1 });
    const far = drawn.filter(
      ({ events }) => ofType(events, 'TransferCompleted').length === 1 && ofType(events, 'TransferFailed').length > 1,
    );
    expect(far.length).toBeGreaterThan(10);
  });
});
