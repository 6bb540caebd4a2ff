import { type Page, pageOf, parseCursor, type Principal, Problem } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { type Access, accessHash, FIRST_ACCESS_HASH, type RecordedAccess } from '@hub-export/record-verification';
import { MORE_QUESTIONS, QUESTIONS_MAX, SAME_READING_MS } from './access.js';

/** Any number, the same for all who record an access, and no other lock of the database. */
const ACCESS_LOCK = 7_205_202;
/** So many readings are remembered, so that polls ask the database for nothing. */
const REMEMBERED_MAX = 10_000;

/** Records who read the audit, before it is answered: where that cannot be recorded, there is no answer. */
export class AccessService {
  private readonly remembered = new Map<string, number>();

  constructor(private readonly database: ServiceDatabase) {}

  async record(
    { subject, name }: Principal,
    { view, transfer_id, question }: Pick<Access, 'view' | 'transfer_id' | 'question'>,
  ): Promise<void> {
    const key = JSON.stringify([subject, view, transfer_id, question]);
    const now = Date.now();
    if (now - (this.remembered.get(key) ?? 0) < SAME_READING_MS) return;
    const at = new Date(now).toISOString();
    await this.add({ at, subject, name, view, transfer_id, question }, new Date(now - SAME_READING_MS).toISOString());
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(key, now);
  }

  /** The latest first. Those who do not see all centers see none. @throws {Problem} 400 `invalid_cursor` */
  async list(limit: number, cursor: string | undefined, { centers }: Principal): Promise<Page<RecordedAccess>> {
    const before = parseCursor(cursor, ['number'])?.[0] ?? Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(before)) {
      throw new Problem(400, 'invalid_cursor', 'The cursor is not one that this list gave.');
    }
    if (centers !== 'all') return { items: [], next_cursor: null };
    const rows = await this.database.rows<RecordedAccess>(
      `SELECT ${COLUMNS} FROM audit.accesses WHERE place < $1 ORDER BY place DESC LIMIT $2`,
      [before, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      ({ place }) => [place],
      (row) => row,
    );
  }

  private async add(access: Access, since: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [ACCESS_LOCK]);
      const recent = await tx.query<RecordedAccess[]>(
        `SELECT ${COLUMNS} FROM audit.accesses WHERE subject = $1 AND at > $2 ORDER BY at DESC LIMIT $3`,
        [access.subject, since, QUESTIONS_MAX],
      );
      // Which transfer was read is always told: nobody hides a reading behind many questions.
      const told = recent.length < QUESTIONS_MAX ? access : { ...access, question: MORE_QUESTIONS };
      if (recent.some((one) => isSame(one, told))) return;
      const [last] = await tx.query<RecordedAccess[]>(
        `SELECT ${COLUMNS} FROM audit.accesses ORDER BY place DESC LIMIT 1`,
      );
      const place = (last?.place ?? 0) + 1;
      const { at, subject, name, view, transfer_id, question } = told;
      await tx.query(
        `INSERT INTO audit.accesses (place, at, subject, name, view, transfer_id, question, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          place,
          at,
          subject,
          name,
          view,
          transfer_id,
          question,
          accessHash(last?.hash ?? FIRST_ACCESS_HASH, place, told),
        ],
      );
    });
  }
}

const COLUMNS = 'place::float8 AS place, at, subject, name, view, transfer_id, question, hash';

function isSame(one: Access, other: Access): boolean {
  return one.view === other.view && one.transfer_id === other.transfer_id && one.question === other.question;
}
