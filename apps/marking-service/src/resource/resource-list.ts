import type { ResourceKind, TransferStatus } from '@hub-export/contracts';

/** What a list is asked for. The target is the hub that lines are held against, null where none is chosen. */
export interface ResourceFilter {
  readonly view: 'exportable' | 'all';
  readonly sort: 'newest' | 'oldest';
  readonly kind: ResourceKind | null;
  readonly state: string | null;
  readonly center: string | null;
  readonly status: TransferStatus | null;
  readonly target: string | null;
  readonly q: string | null;
  readonly centers: readonly string[] | 'all';
  readonly limit: number;
  /** The last line of the page before: created_at, kind, hash. */
  readonly after: readonly [string, string, string] | null;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The columns and the transfer of a line; `$1` is the target, or null for the transfer that was marked last. */
export const VIEWED_RESOURCES = `
  SELECT r.resource_kind, r.resource_hash, r.state, r.number::float8 AS number, r.center_key, r.center_name,
    r.anonymization_state, r.exam_year, r.age_band, r.gender, r.file_name,
    to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
    CASE WHEN t.transfer_id IS NULL THEN NULL ELSE jsonb_build_object('state', t.state, 'marked_by', t.marked_by,
      'marked_at', to_char(t.marked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'queued_at', to_char(t.queued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'last_failure', t.last_failure) END AS transfer
  FROM marking.resources r
  LEFT JOIN LATERAL (
    SELECT * FROM marking.transfers t
    WHERE t.resource_hash = r.resource_hash AND t.resource_kind = r.resource_kind
      AND ($1::text IS NULL OR t.target_node_key = $1)
    ORDER BY t.marked_at DESC LIMIT 1) t ON true`;

/** One page of lines, one more than asked for. Only conditions that are asked for are written, so that indexes serve. */
export function resourceListStatement(filter: ResourceFilter): Statement {
  const values: unknown[] = [filter.target];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const conditions: string[] = [];
  if (filter.view === 'exportable') conditions.push('r.exportable', notCompleted(filter.target));
  if (filter.kind !== null) conditions.push(`r.resource_kind = ${value(filter.kind)}`);
  if (filter.state !== null) conditions.push(`r.anonymization_state = ${value(filter.state)}`);
  if (filter.center !== null) conditions.push(`r.center_key = ${value(filter.center)}`);
  if (filter.centers !== 'all') conditions.push(`r.center_key = ANY (${value(filter.centers)}::text[])`);
  if (filter.q !== null) conditions.push(searched(filter.q, value));
  if (filter.status !== null) conditions.push(inStatus(filter.status, value));
  if (filter.after !== null) {
    const [created, kind, hash] = filter.after;
    const than = filter.sort === 'newest' ? '<' : '>';
    conditions.push(
      `(r.created_at, r.resource_kind, r.resource_hash) ${than} (${value(created)}::timestamptz, ${value(kind)}, ${value(hash)})`,
    );
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join('\n    AND ')}`;
  const way = filter.sort === 'newest' ? 'DESC' : 'ASC';
  const sql = `${VIEWED_RESOURCES}
  ${where}
  ORDER BY r.created_at ${way}, r.resource_kind ${way}, r.resource_hash ${way} LIMIT ${value(filter.limit + 1)}`;
  return { sql, values };
}

/** "not already completed for the current transfer intent": for the chosen hub, or where none is chosen for any. */
function notCompleted(target: string | null): string {
  return target === null ? `r.completed_for = '{}'` : 'NOT $1 = ANY (r.completed_for)';
}

function searched(q: string, value: (given: unknown) => string): string {
  const byHash = `r.resource_hash LIKE ${value(`${q}%`)}`;
  // Beyond 15 digits it is no number of a site.
  return /^\d{1,15}$/.test(q) ? `(${byHash} OR r.number = ${value(Number(q))})` : byHash;
}

function inStatus(status: TransferStatus, value: (given: unknown) => string): string {
  if (status === 'not_marked') {
    return `NOT EXISTS (SELECT FROM marking.transfers s WHERE s.resource_hash = r.resource_hash
      AND s.resource_kind = r.resource_kind AND ($1::text IS NULL OR s.target_node_key = $1))`;
  }
  // Said twice: the first lets the database begin with the few transfers, the second speaks of the one that is shown.
  const wanted = value(status);
  return `(r.resource_hash, r.resource_kind) IN (SELECT s.resource_hash, s.resource_kind FROM marking.transfers s
      WHERE s.status = ${wanted} AND ($1::text IS NULL OR s.target_node_key = $1)) AND t.status = ${wanted}`;
}
