/** The views of the list; the first is the specification's default filter. */
export const VIEWS = ['exportable', 'blocked', 'in_transfer', 'failed', 'completed', 'all'] as const;
export type View = (typeof VIEWS)[number];

/** The columns that the list can be sorted by, by the service's names. */
export const SORTS = [
  'created_at',
  'local_id',
  'kind',
  'anonymization_state',
  'center',
  'status',
  'changed_at',
] as const;
export type Sort = (typeof SORTS)[number];
export type Direction = 'asc' | 'desc';

/** What the list shows; it stands in the address, so that it can be kept and shared. */
export interface OverviewFilter {
  readonly view: View;
  readonly sort: Sort;
  readonly direction: Direction;
  readonly q: string;
  readonly kind: 'video' | 'report' | null;
  readonly center: string | null;
  readonly target: string | null;
}

export const DEFAULT_FILTER: OverviewFilter = {
  view: 'exportable',
  sort: 'created_at',
  direction: 'desc',
  q: '',
  kind: null,
  center: null,
  target: null,
};

type Query = Readonly<Record<string, unknown>>;

/** What an address says; what it says wrongly counts as not said. */
export function filterFrom(query: Query): OverviewFilter {
  const kind = textOf(query['kind']);
  return {
    view: VIEWS.find((view) => view === query['view']) ?? DEFAULT_FILTER.view,
    sort: SORTS.find((sort) => sort === query['sort']) ?? DEFAULT_FILTER.sort,
    direction: query['direction'] === 'asc' ? 'asc' : DEFAULT_FILTER.direction,
    q: (textOf(query['q']) ?? '').slice(0, SEARCH_LENGTH_MAX),
    kind: kind === 'video' || kind === 'report' ? kind : null,
    center: textOf(query['center']),
    target: textOf(query['target']),
  };
}

export const SEARCH_LENGTH_MAX = 64;

/** The shortest address that says the filter. */
export function queryOf(filter: OverviewFilter): Record<string, string> {
  const { view, sort, direction, q, kind, center, target } = filter;
  return {
    ...(view === DEFAULT_FILTER.view ? {} : { view }),
    ...(sort === DEFAULT_FILTER.sort ? {} : { sort }),
    ...(direction === DEFAULT_FILTER.direction ? {} : { direction }),
    ...(q === '' ? {} : { q }),
    ...(kind === null ? {} : { kind }),
    ...(center === null ? {} : { center }),
    ...(target === null ? {} : { target }),
  };
}

/** The column sorted the other way, or by another column in the way that is useful first. */
export function sortedBy(sort: Sort, filter: OverviewFilter): OverviewFilter {
  if (filter.sort === sort) return { ...filter, direction: filter.direction === 'asc' ? 'desc' : 'asc' };
  return { ...filter, sort, direction: sort === 'created_at' || sort === 'changed_at' ? 'desc' : 'asc' };
}

/** Something beside the view is narrowed, so that an empty list may be the filter's doing. */
export function isNarrowed({ q, kind, center }: OverviewFilter): boolean {
  return q !== '' || kind !== null || center !== null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
