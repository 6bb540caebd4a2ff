import fc from 'fast-check';
import { ContractFault } from '../contract-fault.js';
import { EVENT_WRITERS, EVENTS, type EventType } from './events.js';
import { EVENT_SAMPLES } from './event-samples.testing.js';
import { parseEvent } from './parse-event.js';

const TYPES = Object.keys(EVENTS) as EventType[];

function faultsOf(act: () => unknown): readonly string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (!(error instanceof ContractFault)) throw error;
    return error.faults.map(({ field, code }) => `${error.code}: ${field} ${code}`);
  }
}

describe.each(TYPES)('%s', (type) => {
  const sample = EVENT_SAMPLES[type] as Record<string, unknown>;

  it('is read as it was written', () => {
    expect(JSON.parse(JSON.stringify(parseEvent(type, sample)))).toEqual({ type, ...sample });
  });

  it('is read without what a newer version adds', () => {
    expect(parseEvent(type, { ...sample, added_later: 1 })).not.toHaveProperty('added_later');
  });

  it.each(Object.keys(sample))('is refused without its %s', (member) => {
    const { [member]: _missing, ...rest } = sample;
    expect(faultsOf(() => parseEvent(type, rest))).toEqual([`invalid_event: ${member} required`]);
  });

  it.each(Object.keys(sample))('is refused where its %s is a list', (member) => {
    const found = faultsOf(() => parseEvent(type, { ...sample, [member]: [['x']] }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^invalid_event: ${member}`));
  });
});

describe('an event', () => {
  it('keeps a member that was added later, and is read without it', () => {
    const urgent = { type: 'TransferQueued', ...EVENT_SAMPLES.TransferQueued, priority: 9 };
    expect(JSON.parse(JSON.stringify(parseEvent('TransferQueued', urgent)))).toEqual(urgent);
    expect(faultsOf(() => parseEvent('TransferQueued', { ...urgent, priority: 10 }))).toEqual([
      'invalid_event: priority max',
    ]);
  });

  it('of a type nobody knows is told apart from a broken one', () => {
    expect(faultsOf(() => parseEvent('TransferDreamt', {}))).toEqual(['unknown_event_type: type is_in']);
    expect(faultsOf(() => parseEvent('toString', {}))).toEqual(['unknown_event_type: type is_in']);
  });

  it('tells all its faults at once, the nested ones by their path', () => {
    const broken = {
      ...EVENT_SAMPLES.TransferQueued,
      reason: 'x',
      frozen: { ...(EVENT_SAMPLES.TransferQueued.frozen as object), media_size: 0, payload_digest: 'A' },
    };
    expect([...faultsOf(() => parseEvent('TransferQueued', broken))].sort()).toEqual([
      'invalid_event: frozen.media_size min',
      'invalid_event: frozen.payload_digest matches',
      'invalid_event: reason is_in',
    ]);
  });

  it('needs an actor with a subject, or a system with a reason', () => {
    expect(
      faultsOf(() => parseEvent('EgressStopped', { ...EVENT_SAMPLES.EgressStopped, by: { kind: 'user' } })),
    ).toEqual(['invalid_event: by.subject required']);
    expect(
      faultsOf(() => parseEvent('EgressStopped', { ...EVENT_SAMPLES.EgressStopped, by: { kind: 'system' } })),
    ).toEqual(['invalid_event: by.reason required']);
    expect(faultsOf(() => parseEvent('EgressStopped', { ...EVENT_SAMPLES.EgressStopped, by: [] }))).toEqual([
      'invalid_event: by is_object',
    ]);
  });

  it('is in UTC', () => {
    const local = { ...EVENT_SAMPLES.EgressStopped, at: '2026-11-01T10:00:00+01:00' };
    expect(faultsOf(() => parseEvent('EgressStopped', local))).toEqual(['invalid_event: at matches']);
  });

  it('of any JSON is read or refused, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.jsonValue({ maxDepth: 4 }), (type, value) => {
        expect(faultsOf(() => parseEvent(type, value))).not.toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.string(), fc.jsonValue({ maxDepth: 3 }), (type, member, value) => {
        const known = Object.keys(EVENT_SAMPLES[type]);
        for (const name of [member, ...known.slice(0, 3), '__proto__', 'constructor', 'toString']) {
          faultsOf(() => parseEvent(type, JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`)));
        }
      }),
    );
  });

  it('nested beyond reason is refused before anything walks into it', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`);
    expect(faultsOf(() => parseEvent('EgressStopped', deep))).toEqual(['invalid_event:  too_deep']);
  });

  it('has exactly one service that may append it, refusals apart', () => {
    const writers = Object.values(EVENT_WRITERS).flat() as string[];
    const counts = TYPES.map((type) => [type, writers.filter((written) => written === type).length]);
    expect(counts).toEqual(TYPES.map((type) => [type, type === 'CommandRefused' ? 2 : 1]));
  });
});
