import { type ResourceKind, TRANSFER_STATES, type TransferStatus } from '@hub-export/contracts';
import type { EligibilityTerms } from '@hub-export/transfer-life';
import { columnTerms, IN_TRANSFER, type View } from './resource-views.js';

/** What lists can be sorted by. */
export const SORTS = [
  'created_at',
  'changed_at',
  'local_id',
  'kind',
  'center',
  'anonymization_state',
  'status',
] as const;
export type Sort = (typeof SORTS)[number];
export type Direction = 'asc' | 'desc';

/** What narrows a list beside its view. The target is the hub that lines are held against, null where none is chosen. */
export interface ResourceFilter {
  readonly kind: ResourceKind | null;
  readonly state: string | null;
  readonly center: string | null;
  readonly status: TransferStatus | null;
  readonly target: string | null;
  readonly q: string | null;
  /** Whether a search looks at file names. */
  readonly searchesNames: boolean;
  readonly centers: readonly string[] | 'all';
}

/** One page of a list. */
export interface PageFilter extends ResourceFilter {
  readonly view: View;
  readonly terms: EligibilityTerms;
  readonly sort: Sort;
  readonly direction: Direction;
  readonly limit: number;
  /** The last line of the page before: its sort key as text, kind, hash. */
  readonly after: readonly [string, string, string] | null;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The columns and the transfer of a line; `$1` is the target, or null for the transfer that was marked last. */
const COLUMNS = `r.resource_kind, r.resource_hash, s.state, r.number::float8 AS number, r.center_key, r.center_name,
    r.anonymization_state, r.exam_year, r.age_band, r.gender, r.file_name,
    to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
    CASE WHEN t.transfer_id IS NULL THEN NULL ELSE jsonb_build_object('state', t.state, 'marked_by', t.marked_by,
      'marked_at', to_char(t.marked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'queued_at', to_char(t.queued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'last_failure', t.last_failure) END AS transfer`;

const STATE_AND_TRANSFER = `JOIN marking.resource_states s USING (resource_kind, resource_hash)
  LEFT JOIN LATERAL (
    SELECT * FROM marking.transfers t
    WHERE t.resource_hash = r.resource_hash AND t.resource_kind = r.resource_kind
      AND ($1::text IS NULL OR t.target_node_key = $1)
    ORDER BY t.marked_at DESC LIMIT 1) t ON true`;

export const VIEWED_RESOURCES = `
  SELECT ${COLUMNS}
  FROM marking.resources r
  ${STATE_AND_TRANSFER}`;

/**
 * One page of lines, one more than asked for. First the lines alone are found, from narrow columns and mostly from an
 * index; only then is the rest read, for the lines of the page. Only conditions that are asked for are written.
 */
export function resourceListStatement(filter: PageFilter): Statement {
  const values: unknown[] = [filter.target];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const { expression, type } = sortKey(filter.sort, value);
  const conditions = [...viewConditions(filter, value), ...resourceConditions(filter, value)];
  if (filter.after !== null) {
    const [key, kind, hash] = filter.after;
    const than = filter.direction === 'desc' ? '<' : '>';
    conditions.push(
      `(${expression}, r.resource_kind, r.resource_hash) ${than} (${value(key)}::${type}, ${value(kind)}, ${value(hash)})`,
    );
  }
  const way = filter.direction === 'desc' ? 'DESC' : 'ASC';
  const order = `ORDER BY ${expression} ${way}, r.resource_kind ${way}, r.resource_hash ${way}`;
  const sql = `WITH page AS MATERIALIZED (
    SELECT r.* FROM marking.resources r
    ${whereAll(conditions)}
    ${order} LIMIT ${value(filter.limit + 1)})
  SELECT ${COLUMNS}, ${keyText(filter.sort, expression)} AS sort_key
  FROM page r
  ${STATE_AND_TRANSFER}
  ${order}`;
  return { sql, values };
}

/** The lines by what decides in which views they stand, and how many there are of each. */
export function resourceCountsStatement(filter: ResourceFilter): Statement {
  const values: unknown[] = [filter.target];
  const value = (given: unknown): string => `$${values.push(given)}`;
  // The target may be asked for nowhere, and a parameter without a type is refused.
  const columns = 'center_key, resource_kind, anonymization_state, exportable, present, pseudonyms, standing';
  const sql = `SELECT ${columns}, count(*)::integer AS count FROM marking.resources r
    ${whereAll(['$1::text IS NOT DISTINCT FROM $1', ...resourceConditions(filter, value)])}
    GROUP BY ${columns}`;
  return { sql, values };
}

/** "it is eligible for the hub": `exportable` has asked everything that no hub can narrow. */
export function eligibleCondition(terms: EligibilityTerms, value: (given: unknown) => string): string {
  const { accepted, centers, pseudonymsRequired } = columnTerms(terms);
  const parts = [
    'r.exportable',
    `r.anonymization_state = ANY (${value(accepted)}::text[])`,
    `r.center_key = ANY (${value(centers)}::text[])`,
    ...(pseudonymsRequired ? ['r.pseudonyms'] : []),
  ];
  return `coalesce(${parts.join(' AND ')}, false)`;
}

/** The resources that the caller sees, and what narrows them beside the view. */
export function resourceConditions(filter: ResourceFilter, value: (given: unknown) => string): readonly string[] {
  const { kind, state, center, centers, q, status } = filter;
  return [
    ...(kind === null ? [] : [`r.resource_kind = ${value(kind)}`]),
    ...(state === null ? [] : [`r.anonymization_state = ${value(state)}`]),
    ...(center === null ? [] : [`r.center_key = ${value(center)}`]),
    // One center is written as one, so that its index also gives the order.
    ...(centers === 'all'
      ? []
      : [
          centers.length === 1
            ? `r.center_key = ${value(centers[0])}`
            : `r.center_key = ANY (${value(centers)}::text[])`,
        ]),
    ...(q === null ? [] : [searched(q, filter.searchesNames, value)]),
    ...(status === null ? [] : [inStatus([status], value)]),
  ];
}

function viewConditions({ view, target, terms }: PageFilter, value: (given: unknown) => string): readonly string[] {
  switch (view) {
    case 'exportable':
      return ['r.exportable', `NOT ${completed(target)}`];
    case 'blocked':
      return ['r.present', `NOT ${completed(target)}`, `NOT ${eligibleCondition(terms, value)}`];
    case 'in_transfer':
      return [inStatus(IN_TRANSFER, value)];
    case 'failed':
      return [inStatus(['failed'], value)];
    case 'completed':
      return [completed(target)];
    case 'all':
      return [];
  }
}

/** "completed for the current transfer intent": for the chosen hub, or where none is chosen for any. */
function completed(target: string | null): string {
  return target === null ? `(r.completed_for <> '{}')` : '($1 = ANY (r.completed_for))';
}

/** Said twice: the first lets the database begin with the few transfers, the second speaks of the one that is shown. */
function inStatus(statuses: readonly TransferStatus[], value: (given: unknown) => string): string {
  if (statuses.includes('not_marked')) return `${STATUS} IS NULL`;
  const wanted = value(statuses);
  return `(r.resource_kind, r.resource_hash) IN (SELECT t.resource_kind, t.resource_hash FROM marking.transfers t
      WHERE t.status = ANY (${wanted}::text[]) AND ($1::text IS NULL OR t.target_node_key = $1))
    AND ${STATUS} = ANY (${wanted}::text[])`;
}

/** The status of the transfer that is shown; null where there is none. */
const STATUS = `(r.standing::jsonb ->> coalesce($1, ''))`;

function searched(q: string, searchesNames: boolean, value: (given: unknown) => string): string {
  const places: string[] = [];
  if (/^[0-9a-f]{1,64}$/.test(q)) places.push(`r.resource_hash LIKE ${value(`${q}%`)}`);
  // Beyond 15 digits it is no number of a site.
  if (/^\d{1,15}$/.test(q)) places.push(`r.number = ${value(Number(q))}`);
  // What can only be the beginning of a hash is looked for there alone, where an index finds it.
  if (places.length === 0 || q.length < HASH_PREFIX_SURE) {
    const within = value(`%${escaped(q)}%`);
    places.push(`lower(r.center_key) LIKE ${within}`, `lower(r.center_name) LIKE ${within}`);
    if (searchesNames) places.push(`lower(r.file_name) LIKE ${within}`);
  }
  return `(${places.join(' OR ')})`;
}

/** So many hexadecimal digits are no word. */
const HASH_PREFIX_SURE = 8;

function escaped(q: string): string {
  return q.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
}

/** What a sort compares, never null; and the type that a cursor's text is read as. */
function sortKey(
  sort: Sort,
  value: (given: unknown) => string,
): { readonly expression: string; readonly type: string } {
  switch (sort) {
    case 'created_at':
      return { expression: 'r.created_at', type: 'timestamptz' };
    case 'changed_at':
      return { expression: 'r.position', type: 'bigint' };
    case 'local_id':
      return { expression: 'r.number', type: 'bigint' };
    case 'kind':
      return { expression: 'r.resource_kind', type: 'text' };
    case 'center':
      return { expression: `coalesce(r.center_key, '')`, type: 'text' };
    case 'anonymization_state':
      return { expression: 'r.anonymization_state', type: 'text' };
    case 'status':
      // In the order of its life.
      return {
        expression: `array_position(${value(TRANSFER_STATES)}::text[], coalesce(${STATUS}, 'not_marked'))`,
        type: 'integer',
      };
  }
}

function keyText(sort: Sort, expression: string): string {
  return sort === 'created_at'
    ? `to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    : `(${expression})::text`;
}

function whereAll(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join('\n      AND ')}`;
}
