import type { ResourceKind, TransferStatus } from '@hub-export/contracts';
import type { Outcome } from './action.js';
import type { TransferRecord } from './transfer-record.js';

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What both lists are narrowed by; what is undefined does not matter. */
export interface RecordFilter {
  readonly actor?: string | undefined;
  readonly resource_kind?: ResourceKind | undefined;
  readonly resource_hash?: string | undefined;
  readonly center?: string | undefined;
  readonly target_node_key?: string | undefined;
  readonly patient_hash?: string | undefined;
  readonly examination_hash?: string | undefined;
  /** The range of time, as places in the log. */
  readonly places: Places;
  /** The centers whose records the caller may see. */
  readonly centers: readonly string[] | 'all';
}

/** Places in the log, both of them within; what is undefined does not matter. */
export interface Places {
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

export interface TransferFilter extends RecordFilter {
  readonly status?: TransferStatus | undefined;
}

export interface EventFilter extends RecordFilter {
  readonly transfer_id?: string | undefined;
  readonly type?: string | undefined;
  readonly outcome?: Outcome | undefined;
}

/** Which part of a list: so many lines behind a place. */
export interface Part {
  readonly limit: number;
  readonly after: number | undefined;
}

/** So many lines are counted; a list that has more is said to have at least so many. */
export const TOTAL_MAX = 10_000;

/** One page of transfers, the latest marked first, one line more than asked for. */
export function transferListStatement(filter: TransferFilter, part: Part): Statement {
  const { sql, values } = placesOfPage(transferList(filter), filter, part);
  return {
    sql: `WITH page AS (${sql})
      SELECT t.first_seq::float8 AS first_seq, t.record FROM page JOIN audit.transfers t ON t.first_seq = page.place
      ORDER BY t.first_seq DESC`,
    values,
  };
}

export function transferTotalStatement(filter: TransferFilter): Statement {
  return counted(transferList(filter), filter);
}

/** One page of events in the order of the log, one more than asked for. */
export function eventListStatement(filter: EventFilter, part: Part): Statement {
  const { sql, values } = placesOfPage(EVENTS, filter, part);
  return {
    sql: `WITH page AS (${sql})
      SELECT ${EVENT_COLUMNS} FROM page JOIN audit.actions a ON a.global_seq = page.place
      JOIN audit.entries e ON e.global_seq = page.place ORDER BY a.global_seq`,
    values,
  };
}

export function eventTotalStatement(filter: EventFilter): Statement {
  return counted(EVENTS, filter);
}

/**
 * What was asked about a transfer and refused, the latest so many, in their order. Refusals name the transfer, or, before
 * there was one, the resource and perhaps the hub.
 */
export function refusalsStatement(
  {
    transfer_id,
    resource_kind,
    resource_hash,
    target_node_key,
  }: Pick<TransferRecord, 'transfer_id' | 'resource_kind' | 'resource_hash' | 'target_node_key'>,
  limit: number,
): Statement {
  return { sql: REFUSALS, values: [transfer_id, resource_kind, resource_hash, target_node_key, limit] };
}

/**
 * The places of a range of time. The log never records a time before that of its last entry, so a range of time is a
 * range of places, which every list is ordered by.
 */
export const PLACES_OF_TIME = `
SELECT (SELECT global_seq FROM audit.actions WHERE recorded_at >= $1 ORDER BY recorded_at, global_seq LIMIT 1)::float8
    AS first,
  (SELECT global_seq FROM audit.actions WHERE recorded_at < $2 ORDER BY recorded_at DESC, global_seq DESC LIMIT 1)::float8
    AS last`;

/** Each half is a walk along an index of its own: that of the transfer, and that of the resource. */
const REFUSALS = `
SELECT e.global_seq::float8 AS global_seq, e.data_text FROM (
  (SELECT global_seq FROM audit.actions
   WHERE transfer_id = $1 AND type = 'CommandRefused' AND folded
   ORDER BY global_seq DESC LIMIT $5)
  UNION ALL
  (SELECT global_seq FROM audit.actions
   WHERE resource_hash = $3 AND resource_kind = $2 AND coalesce(target_node_key, $4) = $4
     AND transfer_id IS NULL AND type = 'CommandRefused' AND folded
   ORDER BY global_seq DESC LIMIT $5)
  ORDER BY global_seq DESC LIMIT $5) latest
JOIN audit.entries e USING (global_seq)
ORDER BY e.global_seq`;

const EVENT_COLUMNS = `a.global_seq::float8 AS global_seq, e.event_id, a.type, a.actor, a.outcome, e.stream_id,
  e.version::float8 AS version, e.recorded_at, a.transfer_id, a.resource_kind, a.resource_hash, a.center_key,
  a.target_node_key, a.patient_hash, a.examination_hash, a.folded, e.correlation_id, e.causation_id, e.entry_hash,
  e.data_text`;

type Filter = RecordFilter & Partial<Omit<TransferFilter, keyof RecordFilter> & Omit<EventFilter, keyof RecordFilter>>;

/** A list that is walked along its places. */
interface List {
  readonly source: string;
  readonly place: string;
  readonly order: 'ASC' | 'DESC';
  readonly center: string;
  /** By the name of what may be asked: the column that is compared with it. */
  readonly columns: Readonly<Partial<Record<keyof Filter, string>>>;
}

/** What both lists can be asked for, in the columns of a table. */
function about(table: string): List['columns'] {
  const names = ['resource_kind', 'resource_hash', 'target_node_key', 'patient_hash', 'examination_hash'] as const;
  return Object.fromEntries(names.map((name) => [name, `${table}.${name}`]));
}

const EVENTS: List = {
  source: 'audit.actions a',
  place: 'a.global_seq',
  order: 'ASC',
  center: 'a.center_key',
  columns: {
    ...about('a'),
    actor: 'a.actor',
    transfer_id: 'a.transfer_id',
    type: 'a.type',
    outcome: 'a.outcome',
  },
};

const TRANSFERS: List = {
  source: 'audit.transfers p',
  place: 'p.first_seq',
  order: 'DESC',
  center: 'p.center_key',
  columns: { ...about('p'), status: 'p.status' },
};

/** `p` has the places: those of the actor's transfers. */
const TRANSFERS_OF_ACTOR: List = {
  source: 'audit.transfer_actors p JOIN audit.transfers t ON t.transfer_id = p.transfer_id',
  place: 'p.first_seq',
  order: 'DESC',
  center: 't.center_key',
  columns: { ...about('t'), status: 't.status', actor: 'p.actor' },
};

function transferList({ actor }: TransferFilter): List {
  return actor === undefined ? TRANSFERS : TRANSFERS_OF_ACTOR;
}

/**
 * The places of a page, which are found first, so that an index which holds them is enough for it. Where one thing alone
 * is asked for that has an index, the page is a walk along that index: written as a range of one value in the order of
 * the index, since in an equality the planner may see a common value, and look for a rare one along the whole log. Of
 * several centers each is walked, a page at most, and what was found is merged. Which of several indexes serves best, the
 * planner knows better.
 */
function placesOfPage(list: List, filter: Filter, { limit, after }: Part): Statement {
  const { source, place, order } = list;
  const lead = leadOf(list, filter);
  const given = conditionsOf(list, filter, lead);
  given.add(`${place} ${order === 'ASC' ? '>' : '<'}`, after);
  const end = `LIMIT ${given.value(limit + 1)}`;
  const walk = (sorted: string): string =>
    `SELECT ${place} AS place FROM ${source} ${given.where()} ORDER BY ${sorted}${place} ${order} ${end}`;
  if (lead === null) return { sql: walk(''), values: given.values };
  const { column, values } = lead;
  const sorted = `${column} ${order}, `;
  if (values.length === 1) {
    const value = given.value(values[0]);
    given.texts.push(`${column} BETWEEN ${value} AND ${value}`);
    return { sql: walk(sorted), values: given.values };
  }
  given.texts.push(`${column} BETWEEN own.center AND own.center`);
  const sql = `SELECT found.place FROM unnest(${given.value(values)}::text[]) AS own(center)
    CROSS JOIN LATERAL (${walk(sorted)}) found ORDER BY found.place ${order} ${end}`;
  return { sql, values: given.values };
}

/** What a page is walked by: a column with an index, and the values in it. */
interface Lead {
  readonly name: keyof Filter;
  readonly column: string;
  readonly values: readonly unknown[];
}

/** Two values, and nearly all that there is: neither has an index. */
const isIndexed = (name: string, value: unknown): boolean => name !== 'resource_kind' && value !== 'done';

/** The one thing with an index that is asked for; null where it is none, or more than one. */
function leadOf({ columns, center }: List, filter: Filter): Lead | null {
  const asked = Object.entries(columns).flatMap(([key, column]): Lead[] => {
    const name = key as keyof Filter;
    const value = filter[name];
    return value === undefined || !isIndexed(name, value) ? [] : [{ name, column, values: [value] }];
  });
  const centers = centersOf(filter);
  if (centers !== 'all') asked.push({ name: 'centers', column: center, values: centers });
  return asked.length === 1 ? (asked[0] ?? null) : null;
}

/** The centers that are asked for and that the caller may see. */
function centersOf({ center, centers }: Filter): readonly string[] | 'all' {
  if (center === undefined) return centers;
  return centers === 'all' || centers.includes(center) ? [center] : [];
}

/** @param lead is compared elsewhere. */
function conditionsOf({ columns, center, place }: List, filter: Filter, lead: Lead | null = null): Conditions {
  const given = new Conditions();
  for (const [name, column] of Object.entries(columns)) {
    if (name !== lead?.name) given.add(`${column} =`, filter[name as keyof Filter]);
  }
  // The index of what was not done is to be used; that it covers the value, the planner cannot see in a parameter.
  if (filter.outcome !== undefined && filter.outcome !== 'done') given.texts.push(`${columns.outcome} <> 'done'`);
  const centers = centersOf(filter);
  // What has no center is seen by those alone who see all. One is compared, since its index then has the order.
  if (centers !== 'all' && lead?.name !== 'centers') {
    if (centers.length === 1) given.add(`${center} =`, centers[0]);
    else given.texts.push(`${center} = ANY (${given.value(centers)}::text[])`);
  }
  given.add(`${place} >=`, filter.places.first);
  given.add(`${place} <=`, filter.places.last);
  return given;
}

function counted(list: List, filter: Filter): Statement {
  const given = conditionsOf(list, filter);
  const rows = `SELECT FROM ${list.source} ${given.where()} LIMIT ${given.value(TOTAL_MAX + 1)}`;
  return { sql: `SELECT count(*)::float8 AS count FROM (${rows}) counted`, values: given.values };
}

/** Conditions with their values as parameters; only those that are asked for are written, so that indexes serve. */
class Conditions {
  readonly texts: string[] = [];
  readonly values: unknown[] = [];

  value(given: unknown): string {
    return `$${this.values.push(given)}`;
  }

  add(comparison: string, given: unknown): void {
    if (given !== undefined) this.texts.push(`${comparison} ${this.value(given)}`);
  }

  where(): string {
    return this.texts.length === 0 ? '' : `WHERE ${this.texts.join(' AND ')}`;
  }
}
