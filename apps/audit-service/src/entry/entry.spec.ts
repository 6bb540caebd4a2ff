import { GENESIS_HASH, type RecordedEvent } from '@hub-export/contracts';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { named, TestLog, tellFullLife, toMessage } from '../testing/log.testing.js';
import { type Entry, entryOf, follows, hashBefore, isSame } from './entry.js';

let events: readonly RecordedEvent[];

beforeAll(async () => {
  const log = new TestLog();
  await tellFullLife(log, named('a'));
  events = await log.events();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const bodyOf = (event: RecordedEvent): string => String(toMessage(event).body);

function entries(): readonly Entry[] {
  return events.map((event) => entryOf(bytes(bodyOf(event)), event.globalSeq) as Entry);
}

describe('an entry', () => {
  it('follows from the one before it, from the first to the last', () => {
    expect(events.length).toBeGreaterThan(20);
    entries().forEach((entry, place, all) => {
      const before = hashBefore(entry.globalSeq, all[place - 1]);
      expect(before).toBe(place === 0 ? GENESIS_HASH : events[place - 1]?.hash);
      expect(follows(entry, before ?? '')).toBe(true);
    });
  });

  it('does not follow once any letter of its message was changed, unless it is no entry any more', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.constantFrom('0', 'f', 'A', ' '), (which, where, letter) => {
        const place = which % events.length;
        const body = bodyOf(events[place] as RecordedEvent);
        const changed = body.slice(0, where % body.length) + letter + body.slice((where % body.length) + 1);
        const entry = entryOf(bytes(changed), place + 1);
        if ('fault' in entry) return;
        const original = entries()[place] as Entry;
        expect(follows(entry, events[place - 1]?.hash ?? GENESIS_HASH)).toBe(isSame(entry, original));
      }),
      { numRuns: 500 },
    );
  });

  it('has no known predecessor where that is missing', () => {
    expect(hashBefore(7, undefined)).toBeNull();
  });

  it.each([
    ['not_json', '{"a":'],
    ['invalid_cloud_event', '{}'],
    ['invalid_cloud_event', '[]'],
  ])('is refused as %s', (fault, body) => {
    expect(entryOf(bytes(body), 1)).toEqual({ fault });
  });

  it('is refused where its bytes are no text', () => {
    expect(entryOf(new Uint8Array([0xff, 0xfe]), 1)).toEqual({ fault: 'not_json' });
  });

  it('is refused at another place than its own', () => {
    expect(entryOf(bytes(bodyOf(events[2] as RecordedEvent)), 4)).toEqual({ fault: 'wrong_sequence' });
  });

  it.each(['2026-02-30T10:00:00Z', '2026-13-01T10:00:00Z', '0000-01-01T00:00:00Z', '2026-11-01T24:00:00Z'])(
    'is refused with a time that never was, %s',
    (time) => {
      const body = JSON.stringify({ ...(JSON.parse(bodyOf(events[0] as RecordedEvent)) as object), time });
      expect(entryOf(bytes(body), 1)).toEqual({ fault: 'invalid_cloud_event' });
    },
  );

  it('is one too where nobody knows its type', () => {
    const known = JSON.parse(bodyOf(events[0] as RecordedEvent)) as { type: string };
    const body = JSON.stringify({ ...known, type: 'hub-export.v1.resource.ResourceDreamtOf' });
    expect(entryOf(bytes(body), 1)).toMatchObject({ type: 'ResourceDreamtOf' });
  });
});
