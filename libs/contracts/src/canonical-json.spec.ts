import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

/** The text, or that there is none. */
function textOf(write: () => string | undefined): string | null {
  try {
    return write() ?? null;
  } catch {
    return null;
  }
}

function sorted(value: unknown): unknown {
  return JSON.parse(canonicalize(value) ?? 'null');
}

describe('the canonical text', () => {
  it('is that of the library for any value, whether its keys are in order or not', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
        expect(canonicalJson(sorted(value))).toBe(canonicalize(value));
      }),
    );
    fc.assert(
      fc.property(fc.anything({ withDate: true, withSparseArray: true, withBoxedValues: true }), (value) => {
        expect(textOf(() => canonicalJson(value))).toBe(textOf(() => canonicalize(value)));
      }),
    );
  });

  it.each([
    ['a lone surrogate', { a: '\ud800' }],
    ['a lone surrogate in a key', { '\ud800': 1 }],
    ['no number', { a: Number.NaN }],
    ['infinity', [Infinity]],
    ['a boxed infinity', [new Number(Infinity)]],
  ])('is refused to %s', (_what, value) => {
    expect(() => canonicalJson(value)).toThrow();
  });

  it.each([
    [{ a: undefined, b: [undefined, -0, 1e21] }, '{"b":[null,0,1e+21]}'],
    [{ '10': 1, '9': 2 }, '{"10":1,"9":2}'],
    [{ '\ufb33': 1, '\u{1f600}': 2 }, '{"\u{1f600}":2,"\ufb33":1}'],
    [[new Date(0)], '["1970-01-01T00:00:00.000Z"]'],
  ])('of %j is known', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});
