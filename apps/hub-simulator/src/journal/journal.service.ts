import { open, type FileHandle } from 'node:fs/promises';
import { type JournalEntry, type JournalRecord } from './record.js';

/** One page of the journal holds at most this many records. */
export const JOURNAL_PAGE_MAX = 5000;

const NEWLINE = 0x0a;
const READ_CHUNK_BYTES = 1 << 20;

/**
 * An append-only file of JSON lines. What `durable` has answered for survives a crash; a line torn by a crash at the
 * end of the file is cut off when it is opened again. Writers that meet share one fsync.
 */
export class Journal {
  private pending: string[] = [];
  private flushing: Promise<void> | undefined;
  private broken: Error | undefined;

  private constructor(
    private readonly file: FileHandle,
    private readonly offsets: number[],
    private size: number,
    private written: number,
  ) {}

  /** Opens the journal and tells every record it holds, in order. A broken line inside the file is an error. */
  static async open(path: string, replay: (record: JournalRecord) => void): Promise<Journal> {
    const file = await open(path, 'a+', 0o600);
    const offsets: number[] = [];
    const sound = await readLines(file, 0, (line, offset) => {
      replay(JSON.parse(line) as JournalRecord);
      offsets.push(offset);
      return true;
    });
    await file.truncate(sound);
    return new Journal(file, offsets, sound, offsets.length);
  }

  /** The number of the last record. */
  get lastSeq(): number {
    return this.offsets.length;
  }

  /** Puts an entry in its place; it is durable once `durable` has answered. */
  append(entry: JournalEntry): JournalRecord {
    const record: JournalRecord = { seq: this.offsets.length + 1, at: new Date().toISOString(), ...entry };
    const line = `${JSON.stringify(record)}\n`;
    this.offsets.push(this.size);
    this.size += Buffer.byteLength(line);
    this.pending.push(line);
    return record;
  }

  /** Answers when everything appended so far is on disk. */
  async durable(): Promise<void> {
    const target = this.offsets.length;
    while (this.written < target) {
      if (this.broken !== undefined) throw this.broken;
      this.flushing ??= this.flush().finally(() => (this.flushing = undefined));
      await this.flushing;
    }
  }

  /** The durable records after `since`, at most `limit` of them. */
  async read(since: number, limit = JOURNAL_PAGE_MAX): Promise<readonly JournalRecord[]> {
    await this.durable();
    const end = Math.min(this.written, since + Math.min(limit, JOURNAL_PAGE_MAX));
    const start = this.offsets[since];
    if (start === undefined) return [];
    const records: JournalRecord[] = [];
    await readLines(this.file, start, (line) => {
      records.push(JSON.parse(line) as JournalRecord);
      return records.length < end - since;
    });
    return records;
  }

  async close(): Promise<void> {
    await this.durable();
    await this.file.close();
  }

  private async flush(): Promise<void> {
    const lines = this.pending;
    this.pending = [];
    try {
      await this.file.appendFile(lines.join(''));
      await this.file.datasync();
    } catch (cause) {
      // What is on disk is no longer known, so nothing more may be promised until the journal is opened again.
      this.broken = new Error('The journal could not be written.', { cause });
      throw this.broken;
    }
    this.written += lines.length;
  }
}

/** Reads whole lines from an offset until `take` says no; returns the offset after the last whole line. */
async function readLines(
  file: FileHandle,
  from: number,
  take: (line: string, offset: number) => boolean,
): Promise<number> {
  let rest = Buffer.alloc(0);
  let lineStart = from;
  for (let position = from; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(READ_CHUNK_BYTES), 0, READ_CHUNK_BYTES, position);
    if (bytesRead === 0) return lineStart;
    position += bytesRead;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const more = take(rest.toString('utf8', 0, end), lineStart);
      rest = rest.subarray(end + 1);
      lineStart += end + 1;
      if (!more) return lineStart;
    }
  }
}
