import type { ResourceKind, TransferStatus } from '@hub-export/contracts';
import type { Outcome } from './action.js';

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
export function transferListStatement(filter: TransferFilter, { limit, after }: Part): Statement {
  const given = transferConditions(filter);
  given.add('p.first_seq <', after);
  const sql = `WITH page AS (
      SELECT p.first_seq FROM ${transferSource(filter)} ${given.where()}
      ORDER BY p.first_seq DESC LIMIT ${given.value(limit + 1)})
    SELECT t.first_seq::float8 AS first_seq, t.record FROM page JOIN audit.transfers t USING (first_seq)
    ORDER BY t.first_seq DESC`;
  return { sql, values: given.values };
}

export function transferTotalStatement(filter: TransferFilter): Statement {
  const given = transferConditions(filter);
  return counted(`SELECT FROM ${transferSource(filter)} ${given.where()}`, given);
}

/** One page of events in the order of the log, one more than asked for. */
export function eventListStatement(filter: EventFilter, { limit, after }: Part): Statement {
  const given = eventConditions(filter);
  given.add('a.global_seq >', after);
  // The places alone are found first, so that an index which holds them is enough for it.
  const sql = `WITH page AS (
      SELECT a.global_seq FROM audit.actions a ${given.where()}
      ORDER BY a.global_seq LIMIT ${given.value(limit + 1)})
    SELECT ${EVENT_COLUMNS} FROM page JOIN audit.actions a USING (global_seq) JOIN audit.entries e USING (global_seq)
    ORDER BY a.global_seq`;
  return { sql, values: given.values };
}

export function eventTotalStatement(filter: EventFilter): Statement {
  const given = eventConditions(filter);
  return counted(`SELECT FROM audit.actions a ${given.where()}`, given);
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

const EVENT_COLUMNS = `a.global_seq::float8 AS global_seq, e.event_id, a.type, a.actor, a.outcome, e.stream_id,
  e.version::float8 AS version, e.recorded_at, a.transfer_id, a.resource_kind, a.resource_hash, a.center_key,
  a.target_node_key, a.patient_hash, a.examination_hash, a.folded, e.correlation_id, e.causation_id, e.entry_hash,
  e.data_text`;

/** `p` has the places: those of an actor's transfers where one is asked for. */
function transferSource({ actor }: TransferFilter): string {
  return actor === undefined
    ? 'audit.transfers p'
    : 'audit.transfer_actors p JOIN audit.transfers t ON t.transfer_id = p.transfer_id';
}

function transferConditions(filter: TransferFilter): Conditions {
  const given = new Conditions();
  const t = filter.actor === undefined ? 'p' : 't';
  given.add('p.actor =', filter.actor);
  given.add(`${t}.status =`, filter.status);
  given.addAbout(t, filter);
  given.addPlaces('p.first_seq', filter.places);
  return given;
}

function eventConditions(filter: EventFilter): Conditions {
  const given = new Conditions();
  given.add('a.actor =', filter.actor);
  given.add('a.transfer_id =', filter.transfer_id);
  given.add('a.type =', filter.type);
  given.add('a.outcome =', filter.outcome);
  // The index of what was not done is to be used; that it covers the value, the planner cannot see in a parameter.
  if (filter.outcome !== undefined && filter.outcome !== 'done') given.texts.push(`a.outcome <> 'done'`);
  given.addAbout('a', filter);
  given.addPlaces('a.global_seq', filter.places);
  return given;
}

function counted(rows: string, given: Conditions): Statement {
  const sql = `SELECT count(*)::float8 AS count FROM (${rows} LIMIT ${given.value(TOTAL_MAX + 1)}) counted`;
  return { sql, values: given.values };
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

  addAbout(table: string, filter: RecordFilter): void {
    this.add(`${table}.resource_kind =`, filter.resource_kind);
    this.add(`${table}.resource_hash =`, filter.resource_hash);
    this.add(`${table}.target_node_key =`, filter.target_node_key);
    this.add(`${table}.patient_hash =`, filter.patient_hash);
    this.add(`${table}.examination_hash =`, filter.examination_hash);
    this.add(`${table}.center_key =`, filter.center);
    this.addCenters(`${table}.center_key`, filter.centers);
  }

  addPlaces(column: string, { first, last }: Places): void {
    this.add(`${column} >=`, first);
    this.add(`${column} <=`, last);
  }

  /** What has no center is seen by those alone who see all. One center is compared, since its index then has the order. */
  private addCenters(column: string, centers: readonly string[] | 'all'): void {
    if (centers === 'all') return;
    if (centers.length === 1) this.add(`${column} =`, centers[0]);
    else this.texts.push(`${column} = ANY (${this.value(centers)}::text[])`);
  }

  where(): string {
    return this.texts.length === 0 ? '' : `WHERE ${this.texts.join(' AND ')}`;
  }
}
