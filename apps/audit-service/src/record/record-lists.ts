import type { ResourceKind, TransferStatus } from '@hub-export/contracts';

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What both lists are narrowed by; what is undefined does not matter. */
export interface RecordFilter {
  readonly actor?: string | undefined;
  readonly resource_kind?: ResourceKind | undefined;
  readonly resource_hash?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The centers whose records the caller may see. */
  readonly centers: readonly string[] | 'all';
  readonly limit: number;
  /** The place of the last line of the page before. */
  readonly after: number | undefined;
}

export interface TransferFilter extends RecordFilter {
  readonly status?: TransferStatus | undefined;
  readonly target_node_key?: string | undefined;
  readonly center?: string | undefined;
}

export interface EventFilter extends RecordFilter {
  readonly transfer_id?: string | undefined;
  readonly type?: string | undefined;
}

/** One page of transfers, the latest marked first, one line more than asked for. */
export function transferListStatement(filter: TransferFilter): Statement {
  const given = new Conditions();
  given.add('t.status =', filter.status);
  given.add('t.target_node_key =', filter.target_node_key);
  given.add('t.resource_kind =', filter.resource_kind);
  given.add('t.resource_hash =', filter.resource_hash);
  given.add('t.center_key =', filter.center);
  given.addCenters('t.center_key', filter.centers);
  given.add('t.first_seq <', filter.after);
  const acted = new Conditions(given.values);
  acted.addWho('a', filter);
  if (acted.texts.length > 0) {
    given.texts.push(`EXISTS (SELECT FROM audit.actions a WHERE a.transfer_id = t.transfer_id AND ${acted.joined()})`);
  }
  const sql = `SELECT t.first_seq::float8 AS first_seq, t.record FROM audit.transfers t ${given.where()}
    ORDER BY t.first_seq DESC LIMIT ${given.value(filter.limit + 1)}`;
  return { sql, values: given.values };
}

/** One page of events in the order of the log, one more than asked for. */
export function eventListStatement(filter: EventFilter): Statement {
  const given = new Conditions();
  given.addWho('a', filter);
  given.add('a.resource_kind =', filter.resource_kind);
  given.add('a.resource_hash =', filter.resource_hash);
  given.add('a.transfer_id =', filter.transfer_id);
  given.add('a.type =', filter.type);
  given.addCenters('a.center_key', filter.centers);
  given.add('a.global_seq >', filter.after);
  const sql = `SELECT ${EVENT_COLUMNS} FROM audit.actions a JOIN audit.entries e USING (global_seq) ${given.where()}
    ORDER BY a.global_seq LIMIT ${given.value(filter.limit + 1)}`;
  return { sql, values: given.values };
}

const EVENT_COLUMNS = `a.global_seq::float8 AS global_seq, e.event_id, a.type, e.stream_id, e.version::float8 AS version,
  e.recorded_at, a.transfer_id, a.resource_kind, a.resource_hash, a.center_key, a.folded, e.correlation_id,
  e.causation_id, e.entry_hash, e.data_text`;

/** Conditions with their values as parameters; only those that are asked for are written, so that indexes serve. */
class Conditions {
  readonly texts: string[] = [];

  constructor(readonly values: unknown[] = []) {}

  value(given: unknown): string {
    return `$${this.values.push(given)}`;
  }

  add(comparison: string, given: unknown): void {
    if (given !== undefined) this.texts.push(`${comparison} ${this.value(given)}`);
  }

  /** What has no center is seen by those alone who see all. */
  addCenters(column: string, centers: readonly string[] | 'all'): void {
    if (centers !== 'all') this.texts.push(`${column} = ANY (${this.value(centers)}::text[])`);
  }

  addWho(table: string, { actor, from, to }: Pick<RecordFilter, 'actor' | 'from' | 'to'>): void {
    this.add(`${table}.actor =`, actor);
    this.add(`${table}.recorded_at >=`, from);
    this.add(`${table}.recorded_at <`, to);
  }

  joined(): string {
    return this.texts.join(' AND ');
  }

  where(): string {
    return this.texts.length === 0 ? '' : `WHERE ${this.joined()}`;
  }
}
