import fc from 'fast-check';
import { classReader } from './class-reader.js';
import { EVENTS, type EventType } from './events/events.js';
import { EVENT_SAMPLES } from './events/event-samples.testing.js';
import { readByValidators } from './parse.js';

const TYPES = Object.keys(EVENTS) as EventType[];
const SHAPES: { readonly [type: string]: new () => object } = EVENTS;

/** What the quick reader takes must be what the validators take, to the order of its members and its classes. */
function bothRead(type: string, value: unknown): 'quick' | 'uncertain' {
  const quick = classReader(SHAPES[type]!)(value);
  if (quick === undefined) return 'uncertain';
  const { instance, faults } = readByValidators(SHAPES[type]!, value, 'drop');
  expect(faults).toEqual([]);
  expect(quick).toStrictEqual(instance);
  expect(JSON.stringify(quick)).toBe(JSON.stringify(instance));
  return 'quick';
}

describe.each(TYPES)('%s', (type) => {
  const sample = EVENT_SAMPLES[type] as Record<string, unknown>;

  it('is read quickly where it is right, as the validators read it', () => {
    expect(bothRead(type, sample)).toBe('quick');
    expect(bothRead(type, Object.fromEntries(Object.entries(sample).reverse()))).toBe('quick');
  });

  it('is left to the validators where a member is not known', () => {
    for (const name of ['added_later', '__proto__', 'constructor', 'type']) {
      const value: unknown = JSON.parse(`{${JSON.stringify(name)}:"x",${JSON.stringify(sample).slice(1)}`);
      expect(bothRead(type, value)).toBe('uncertain');
    }
  });

  it('is never taken where the validators refuse it', () => {
    const paths = pathsOf(sample);
    const other = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        'user',
        'system',
        '',
        null,
        0,
        -1,
        1.5,
        [],
        {},
        'retained',
        'x'.repeat(300),
        '2026-02-30T00:00:00Z',
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.option(other), (path, value) => {
        bothRead(type, changed(sample, path, value));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a class that the reader does not understand', () => {
  it('is left to the validators', () => {
    class Unruled {
      readonly any: unknown;
    }
    expect(classReader(Unruled)({ any: 1 })).toBeUndefined();
    expect(classReader(Unruled)({})).toBeUndefined();
  });
});

type Path = readonly string[];

function pathsOf(value: unknown, above: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => [
    [...above, key],
    ...pathsOf(member, [...above, key]),
  ]);
}

/** A copy with another value at a path, without the member where the value is null. */
function changed(value: unknown, [key = '', ...below]: Path, other: unknown): unknown {
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  if (below.length > 0) copy[key] = changed(copy[key], below, other);
  else if (other === null) delete copy[key];
  else copy[key] = other;
  return copy;
}
