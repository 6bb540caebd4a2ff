import { type Principal, Problem } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { auditedEvent, type EventRow } from '../record/audited-event.js';
import type { RecordService } from '../record/record.service.js';
import { type EventFilter, eventListStatement } from '../record/record-lists.js';
import type { ExportQuery } from './export.dto.js';
import { exportHead, exportLine } from './export-lines.js';

/** So many exports run in one process at a time. */
export const EXPORTS_MAX = 4;

/** Of these, so many for one reader, so that nobody keeps the others out. */
export const EXPORTS_OF_ONE_MAX = 2;

/** So many events are held in memory at a time. */
export const EXPORT_BATCH = 500;

const RETRY_AFTER_SECONDS = 30;

/** An export that may begin. */
export interface Export {
  /** It holds everything that was asked for, up to this entry. */
  readonly through: number;
  /** Pieces of text, made as they are taken. */
  readonly pieces: AsyncGenerator<string, void, undefined>;
  /** Gives the place among the running exports back; to be called once, however it went. */
  readonly close: () => void;
}

/**
 * Exports of any size with constant memory. Each batch is a page of its own behind the last one, so that a slow taker
 * holds no snapshot and no transaction open; since entries are only added, and the end is fixed at the beginning, the
 * export is that of one moment all the same.
 */
export class ExportService {
  /** The readers of the running exports, one for each. */
  private readonly running: string[] = [];

  constructor(
    private readonly database: ServiceDatabase,
    private readonly record: RecordService,
    /** A taker that takes nothing for so long has gone, whatever its connection says, in milliseconds. */
    readonly idleMs: number,
  ) {}

  /** @throws {Problem} 400 `invalid_range`, 429 `too_many_exports_of_one`, 503 `position_not_reached`, `too_many_exports` */
  async open(
    { format, after, ...query }: ExportQuery,
    caller: Pick<Principal, 'subject' | 'centers'>,
  ): Promise<Export> {
    const { subject } = caller;
    this.requirePlace(subject);
    // Taken before anything is waited for, so that those who come at the same moment see it.
    this.running.push(subject);
    const close = () => {
      this.running.splice(this.running.indexOf(subject), 1);
    };
    try {
      const filter = await this.record.eventFilter(query, caller);
      const through = await this.record.end();
      const { places } = filter;
      const bounded = { ...filter, places: { ...places, last: Math.min(places.last ?? through, through) } };
      return { through, pieces: this.pieces(format, bounded, after), close };
    } catch (error) {
      close();
      throw error;
    }
  }

  private requirePlace(subject: string): void {
    const own = this.running.filter((other) => other === subject).length;
    if (own >= EXPORTS_OF_ONE_MAX) {
      throw new Problem(429, 'too_many_exports_of_one', 'Your other exports are running; end one of them first.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    if (this.running.length < EXPORTS_MAX) return;
    throw new Problem(503, 'too_many_exports', 'Other exports are running; try again.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  private async *pieces(
    format: ExportQuery['format'],
    filter: EventFilter,
    after: number | undefined,
  ): AsyncGenerator<string, void, undefined> {
    const head = exportHead(format, after === undefined);
    if (head !== '') yield head;
    for (let place = after, isLast = false; !isLast;) {
      const { sql, values } = eventListStatement(filter, { limit: EXPORT_BATCH - 1, after: place });
      const rows = await this.database.rows<EventRow>(sql, values);
      isLast = rows.length < EXPORT_BATCH;
      place = rows.at(-1)?.global_seq;
      if (rows.length > 0) yield rows.map((row) => exportLine(format, auditedEvent(row))).join('');
    }
  }
}
