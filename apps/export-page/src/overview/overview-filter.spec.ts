import fc from 'fast-check';
import {
  DEFAULT_FILTER,
  filterFrom,
  isNarrowed,
  type OverviewFilter,
  queryOf,
  SORTS,
  sortedBy,
  VIEWS,
} from './overview-filter.js';

describe('the filter of the overview', () => {
  it('shows by default what the specification asks for: exportable, the newest first', () => {
    expect(filterFrom({})).toEqual(DEFAULT_FILTER);
    expect(DEFAULT_FILTER).toMatchObject({ view: 'exportable', sort: 'created_at', direction: 'desc' });
    expect(queryOf(DEFAULT_FILTER)).toEqual({});
  });

  it('is read from the address as it was written there', () => {
    const text = fc.string({ minLength: 1, maxLength: 64 });
    const filters: fc.Arbitrary<OverviewFilter> = fc.record({
      view: fc.constantFrom(...VIEWS),
      sort: fc.constantFrom(...SORTS),
      direction: fc.constantFrom('asc' as const, 'desc' as const),
      q: fc.oneof(fc.constant(''), text),
      kind: fc.constantFrom(null, 'video' as const, 'report' as const),
      center: fc.oneof(fc.constant(null), text),
      target: fc.oneof(fc.constant(null), text),
    });
    fc.assert(fc.property(filters, (filter) => expect(filterFrom(queryOf(filter))).toEqual(filter)));
  });

  it('takes what an address says wrongly as not said', () => {
    const query = { view: 'everything', sort: 'size', direction: 'up', kind: 'audio', q: ['a', 'b'], center: '' };
    expect(filterFrom(query)).toEqual(DEFAULT_FILTER);
  });

  it('turns a column round when it is chosen again, and begins another with what is useful first', () => {
    expect(sortedBy('created_at', DEFAULT_FILTER)).toMatchObject({ sort: 'created_at', direction: 'asc' });
    expect(sortedBy('center', DEFAULT_FILTER)).toMatchObject({ sort: 'center', direction: 'asc' });
    expect(sortedBy('changed_at', DEFAULT_FILTER)).toMatchObject({ sort: 'changed_at', direction: 'desc' });
  });

  it('is narrowed by search, kind and center, not by the view', () => {
    expect(isNarrowed({ ...DEFAULT_FILTER, view: 'all', target: 'hub' })).toBe(false);
    expect(isNarrowed({ ...DEFAULT_FILTER, q: '17' })).toBe(true);
    expect(isNarrowed({ ...DEFAULT_FILTER, kind: 'video' })).toBe(true);
    expect(isNarrowed({ ...DEFAULT_FILTER, center: 'center-a' })).toBe(true);
  });
});
