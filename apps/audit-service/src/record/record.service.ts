import type { JsonObject, JsonValue } from '@hub-export/contracts';
import { type Page, pageOf, parseCursor, type Principal, Problem } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Finding } from '../integrity/integrity.js';
import type { IntegrityService } from '../integrity/integrity.service.js';
import { eventListStatement, transferListStatement } from './record-lists.js';
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

/** An event as the log has it, with what it is about. */
export interface AuditedEvent {
  readonly global_seq: number;
  readonly event_id: string;
  readonly type: string;
  readonly stream_id: string;
  readonly version: number;
  readonly recorded_at: string;
  readonly transfer_id: string | null;
  readonly resource_kind: string | null;
  readonly resource_hash: string | null;
  readonly center_key: string | null;
  /** False where this version does not understand the event. */
  readonly folded: boolean;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly entry_hash: string;
  readonly data: JsonObject;
}

type Caller = Pick<Principal, 'centers'>;

/** Answers auditors from the views, within their centers. */
export class RecordService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly integrity: IntegrityService,
  ) {}

  async transfers(query: TransferListQuery, { centers }: Caller): Promise<Page<TransferLine>> {
    const after = placeAfter(query);
    await this.integrity.requireViews(query.at_least);
    const { sql, values } = transferListStatement({ ...query, centers, after });
    const rows = await this.database.rows<{ first_seq: number; record: TransferRecord }>(sql, values);
    return pageOf(
      rows,
      query.limit,
      ({ first_seq }) => [first_seq],
      ({ record }) => transferLine(record),
    );
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

  async events(query: EventListQuery, { centers }: Caller): Promise<Page<AuditedEvent>> {
    const after = placeAfter(query);
    await this.integrity.requireViews(query.at_least);
    const { sql, values } = eventListStatement({ ...query, centers, after });
    const rows = await this.database.rows<Omit<AuditedEvent, 'data'> & { data_text: string }>(sql, values);
    return pageOf(
      rows,
      query.limit,
      ({ global_seq }) => [global_seq],
      ({ data_text, ...event }) => ({ ...event, data: JSON.parse(data_text) as JsonObject }),
    );
  }

  /** Refusals name the transfer, or, before there was one, the resource and perhaps the hub. */
  private async refusals({
    transfer_id,
    resource_kind,
    resource_hash,
    target_node_key,
  }: TransferRecord): Promise<readonly RefusedCommand[]> {
    const rows = await this.database.rows<{ global_seq: number; data_text: string }>(REFUSALS, [
      transfer_id,
      resource_kind,
      resource_hash,
      target_node_key,
      REFUSALS_MAX,
    ]);
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

const REFUSALS = `
SELECT global_seq, data_text FROM (
  SELECT e.global_seq::float8 AS global_seq, e.data_text
  FROM audit.actions a JOIN audit.entries e USING (global_seq)
  WHERE a.type = 'CommandRefused' AND a.folded AND (a.transfer_id = $1 OR (a.transfer_id IS NULL
    AND a.resource_kind = $2 AND a.resource_hash = $3
    AND coalesce(e.data_text::jsonb ->> 'target_node_key', $4) = $4))
  ORDER BY a.global_seq DESC LIMIT $5) latest
ORDER BY global_seq`;

/** @throws {Problem} 400 `invalid_cursor` or `invalid_range` */
function placeAfter({ cursor, from, to }: RecordQuery): number | undefined {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    throw new Problem(400, 'invalid_range', 'The range must end after it begins.');
  }
  const place = parseCursor(cursor, ['number'])?.[0];
  if (place !== undefined && !Number.isSafeInteger(place)) {
    throw new Problem(400, 'invalid_cursor', 'The cursor is not one that this list gave.');
  }
  return place;
}
