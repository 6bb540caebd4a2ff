import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ANCHOR_LINE_LENGTH_MAX, type AnchorLine, anchorLineText, type NoLine, readAnchorLine } from './anchor-line.js';

/** The file of the sink's folder. */
export const ANCHOR_FILE = 'checkpoints.ndjson';

const CHUNK_BYTES = 65_536;
const LINE_FEED = 0x0a;

/** A line as it was read. */
export type ReadLine = AnchorLine | NoLine;

/**
 * The sink that is a file: lines are added and safe on the disk when `append` resolves, and nothing is ever taken away.
 * What a crash left of a line is ended by a line feed before the next one; if the line was whole but for that, it counts.
 * Several processes may add and read.
 */
export class AnchorFile {
  private readonly path: string;
  private offset = 0;
  /** The file as it was seen last: which one, and how long at the least. */
  private seen: Seen | null = null;

  constructor(private readonly folder: string) {
    this.path = join(folder, ANCHOR_FILE);
  }

  /** @throws what the file system says: no space, no right. Nothing is anchored then. */
  async append(line: AnchorLine): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o750 });
    const file = await open(this.path, 'a+', 0o640);
    try {
      const before = await file.stat();
      const { size } = before;
      const isTorn = size > 0 && (await byteAt(file, size - 1)) !== LINE_FEED;
      await file.appendFile(`${isTorn ? '\n' : ''}${anchorLineText(line)}`);
      await file.sync();
      // What was lost before this line is still to be noticed.
      if (this.seen === null ? size === 0 : holds(before, this.seen)) this.seen = await file.stat();
      if (size === 0) await syncFolder(this.folder);
    } finally {
      await file.close();
    }
  }

  /**
   * Whether what was read or added is gone: the file was taken away, cut or replaced. Then `added` begins anew, with all
   * that there is now.
   */
  async hasLost(): Promise<boolean> {
    const now = await statIfThere(this.path);
    const isLost = this.seen !== null && !holds(now, this.seen);
    if (isLost) this.offset = 0;
    this.seen = now;
    return isLost;
  }

  /** The lines that were added since the last call, by whomever; at the first call all. */
  async *added(): AsyncGenerator<ReadLine> {
    for await (const { line, end, isEnded } of readLines(this.path, this.offset)) {
      if (!isEnded) return;
      this.offset = end;
      yield line;
    }
  }
}

/** Which file it is, and how long. */
interface Seen {
  readonly ino: number;
  readonly size: number;
}

/** Whether a file is the one that was seen, with no less in it. */
function holds(now: Seen | null, { ino, size }: Seen): boolean {
  return now !== null && now.ino === ino && now.size >= size;
}

/** All lines of a sink's file, also a last one that lacks its line feed. No file has none. */
export async function* readAnchorFile(path: string): AsyncGenerator<ReadLine> {
  for await (const { line } of readLines(path, 0)) yield line;
}

interface PlacedLine {
  readonly line: ReadLine;
  /** The offset behind it. */
  readonly end: number;
  readonly isEnded: boolean;
}

/** In pieces, so that a file of any size takes little memory. */
async function* readLines(path: string, from: number): AsyncGenerator<PlacedLine> {
  const file = await openIfThere(path);
  if (file === null) return;
  try {
    let rest = Buffer.alloc(0);
    for (let place = from; ;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, place);
      if (bytesRead === 0) break;
      place += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
        const line = readAnchorLine(rest.subarray(0, end).toString('utf8'));
        rest = rest.subarray(end + 1);
        yield { line, end: place - rest.length, isEnded: true };
      }
      // What has no end for so long is no line of ours, and would otherwise fill the memory.
      if (rest.length > ANCHOR_LINE_LENGTH_MAX * 4) rest = Buffer.from('…');
    }
    if (rest.length > 0) yield { line: readAnchorLine(rest.toString('utf8')), end: 0, isEnded: false };
  } finally {
    await file.close();
  }
}

function openIfThere(path: string): Promise<FileHandle | null> {
  return open(path, 'r').catch(nullIfMissing);
}

function statIfThere(path: string): Promise<Seen | null> {
  return stat(path).catch(nullIfMissing);
}

function nullIfMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}

async function byteAt(file: FileHandle, place: number): Promise<number | undefined> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, place);
  return buffer[0];
}

/** A new file is safe when its folder knows it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
