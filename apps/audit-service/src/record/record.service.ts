import type { JsonObject, JsonValue } from '@hub-export/contracts';
import { type Page, pageOf, parseCursor, type Principal, Problem } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Finding } from '../integrity/integrity.js';
import type { IntegrityService } from '../integrity/integrity.service.js';
import { type AuditedEvent, auditedEvent, type EventRow } from './audited-event.js';
import {
  type EventFilter,
  eventListStatement,
  eventTotalStatement,
  type Part,
  type Places,
  PLACES_OF_TIME,
  refusalsStatement,
  type Statement,
  TOTAL_MAX,
  transferListStatement,
  transferTotalStatement,
} from './record-lists.js';
import type { EventListQuery, RecordQuery, TransferListQuery } from './record.dto.js';
import { type TransferDetail, transferDetail, type TransferLine, transferLine } from './transfer-answer.js';
import type { TransferRecord } from './transfer-record.js';

/** So many refusals of a transfer are told at most, the latest; the list of events has them all. */
export const REFUSALS_MAX = 200;

/** Something that was asked for the transfer and was not done. */
export interface RefusedCommand {
  readonly global_seq: number;
  readonly command: JsonValue;
  readonly code: JsonValue;
  readonly by: JsonValue;
  readonly at: JsonValue;
}

/** The whole life of one transfer. */
export type AuditedTransfer = TransferDetail & {
  readonly refusals: readonly RefusedCommand[];
  /** What was wrong with entries of this transfer; empty where the chain holds. */
  readonly findings: readonly Pick<Finding, 'global_seq' | 'code'>[];
};

type Caller = Pick<Principal, 'centers'>;
/** A query of events, whatever part of them is wanted. */
type EventQuestion = Omit<EventListQuery, 'limit' | 'cursor' | 'with_total'>;

/** A page that may also say how many lines the list has. */
export interface CountedPage<Item> extends Page<Item> {
  /** Where it was asked for. `exact: false` says that there are at least so many. */
  readonly total?: Total;
}

interface Total {
  readonly count: number;
  readonly exact: boolean;
}

/** Answers auditors from the views, within their centers. */
export class RecordService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly integrity: IntegrityService,
  ) {}

  /** @throws {Problem} 400 `invalid_cursor` or `invalid_range`, 503 `position_not_reached` */
  async transfers(query: TransferListQuery, { centers }: Caller): Promise<CountedPage<TransferLine>> {
    const part = partOf(query);
    const filter = { ...query, centers, places: await this.placesOf(query) };
    const { sql, values } = transferListStatement(filter, part);
    const rows = await this.database.rows<{ first_seq: number; record: TransferRecord }>(sql, values);
    const page = pageOf(
      rows,
      query.limit,
      ({ first_seq }) => [first_seq],
      ({ record }) => transferLine(record),
    );
    return query.with_total ? { ...page, total: await this.total(transferTotalStatement(filter)) } : page;
  }

  /** @throws {Problem} 404 `unknown_transfer`, for a transfer of a foreign center too. */
  async transfer(transferId: string, atLeast: number | undefined, { centers }: Caller): Promise<AuditedTransfer> {
    await this.integrity.requireViews(atLeast);
    const [row] = await this.database.rows<{ record: TransferRecord }>(
      `SELECT record FROM audit.transfers WHERE transfer_id = $1 AND ($2::text[] IS NULL OR center_key = ANY ($2))`,
      [transferId, centers === 'all' ? null : centers],
    );
    if (row === undefined) throw new Problem(404, 'unknown_transfer', 'There is no such transfer.');
    const [refusals, findings] = await Promise.all([this.refusals(row.record), this.findings(transferId)]);
    return { ...transferDetail(row.record), refusals, findings };
  }

  /** @throws {Problem} as `transfers` does. */
  async events(query: EventListQuery, { centers }: Caller): Promise<CountedPage<AuditedEvent>> {
    const part = partOf(query);
    const filter = await this.eventFilter(query, { centers });
    const { sql, values } = eventListStatement(filter, part);
    const page = pageOf(
      await this.database.rows<EventRow>(sql, values),
      query.limit,
      ({ global_seq }) => [global_seq],
      auditedEvent,
    );
    return query.with_total ? { ...page, total: await this.total(eventTotalStatement(filter)) } : page;
  }

  /** What a query of events asks for, within the caller's centers. @throws {Problem} as `transfers` does. */
  async eventFilter(query: EventQuestion, { centers }: Caller): Promise<EventFilter> {
    return { ...query, centers, places: await this.placesOf(query) };
  }

  /** The views hold everything up to this place. */
  async end(): Promise<number> {
    const [row] = await this.database.rows<{ at: number }>('SELECT contiguous_to::float8 AS at FROM audit.progress');
    return row?.at ?? 0;
  }

  private async placesOf({ from, to, at_least }: Pick<RecordQuery, 'from' | 'to' | 'at_least'>): Promise<Places> {
    if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
      throw new Problem(400, 'invalid_range', 'The range must end after it begins.');
    }
    await this.integrity.requireViews(at_least);
    if (from === undefined && to === undefined) return {};
    const [found] = await this.database.rows<{ first: number | null; last: number | null }>(PLACES_OF_TIME, [from, to]);
    return {
      first: from === undefined ? undefined : (found?.first ?? Number.MAX_SAFE_INTEGER),
      last: to === undefined ? undefined : (found?.last ?? 0),
    };
  }

  private async total({ sql, values }: Statement): Promise<Total> {
    const [{ count } = { count: 0 }] = await this.database.rows<{ count: number }>(sql, values);
    return { count: Math.min(count, TOTAL_MAX), exact: count <= TOTAL_MAX };
  }

  private async refusals(transfer: TransferRecord): Promise<readonly RefusedCommand[]> {
    const { sql, values } = refusalsStatement(transfer, REFUSALS_MAX);
    const rows = await this.database.rows<{ global_seq: number; data_text: string }>(sql, values);
    return rows.map(({ global_seq, data_text }) => {
      const { command = null, code = null, by = null, at = null } = JSON.parse(data_text) as JsonObject;
      return { global_seq, command, code, by, at };
    });
  }

  private findings(transferId: string): Promise<AuditedTransfer['findings']> {
    return this.database.rows(
      `SELECT f.global_seq::float8 AS global_seq, f.code FROM audit.findings f JOIN audit.actions a USING (global_seq)
       WHERE a.transfer_id = $1 ORDER BY f.global_seq, f.code`,
      [transferId],
    );
  }
}

/** @throws {Problem} 400 `invalid_cursor` */
function partOf({ cursor, limit }: RecordQuery): Part {
  const after = parseCursor(cursor, ['number'])?.[0];
  if (after !== undefined && !Number.isSafeInteger(after)) {
    throw new Problem(400, 'invalid_cursor', 'The cursor is not one that this list gave.');
  }
  return { limit, after };
}
