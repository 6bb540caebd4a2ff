import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Media on its way in: on disk, hashed, not yet accepted. */
export interface StagedMedia {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** Bytes that go to disk in one write: a body comes in pieces of 16 KiB, and a write for each would take longer than the body. */
const WRITE_BYTES = 1024 * 1024;

const SHA256 = /^[0-9a-f]{64}$/;

/** Media by its SHA-256. What `keep` has answered for survives a crash; what was only staged does not. */
export class MediaStore {
  private constructor(
    private readonly kept: string,
    private readonly incoming: string,
  ) {}

  static async open(dataDir: string): Promise<MediaStore> {
    const store = new MediaStore(join(dataDir, 'media'), join(dataDir, 'incoming'));
    await rm(store.incoming, { recursive: true, force: true });
    await store.makeFolders();
    return store;
  }

  /** Writes a stream to disk, hashing as it goes. Bytes beyond `limit` are read and counted, but not written. */
  async stage(bytes: AsyncIterable<Uint8Array>, limit: number): Promise<StagedMedia> {
    const path = join(this.incoming, randomUUID());
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(path, 'wx', 0o600);
    let gathered: Uint8Array[] = [];
    let gatheredBytes = 0;
    const write = async (): Promise<void> => {
      if (gatheredBytes > 0) await writeAll(file, gathered);
      gathered = [];
      gatheredBytes = 0;
    };
    try {
      for await (const chunk of bytes) {
        size += chunk.length;
        hash.update(chunk);
        if (size > limit) continue;
        gathered.push(chunk);
        gatheredBytes += chunk.length;
        if (gatheredBytes >= WRITE_BYTES) await write();
      }
      await write();
      await file.datasync();
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return { path, sha256: hash.digest('hex'), size };
  }

  /** Keeps staged media under its hash. */
  async keep(staged: StagedMedia): Promise<void> {
    await rename(staged.path, join(this.kept, staged.sha256));
    const folder = await open(this.kept);
    await folder.sync().finally(() => folder.close());
  }

  /** Forgets staged media; no matter whether it was kept meanwhile. */
  async discard(staged: StagedMedia): Promise<void> {
    await rm(staged.path, { force: true });
  }

  /** Changes the first byte of staged media: what a broken store does unnoticed. */
  async spoil(staged: StagedMedia): Promise<StagedMedia> {
    const file = await open(staged.path, 'r+');
    try {
      const first = Buffer.alloc(1);
      await file.read(first, 0, 1, 0);
      first.writeUInt8(first.readUInt8(0) ^ 0xff, 0);
      await file.write(first, 0, 1, 0);
      return { ...staged, sha256: await hashOf(file) };
    } finally {
      await file.close();
    }
  }

  /** How many bytes are kept under a hash; undefined if none are. */
  async sizeOf(sha256: string): Promise<number | undefined> {
    if (!SHA256.test(sha256)) return undefined;
    const found = await stat(join(this.kept, sha256)).catch(() => undefined);
    return found?.size;
  }

  /** Removes all media. */
  async clear(): Promise<void> {
    await rm(this.kept, { recursive: true, force: true });
    await this.makeFolders();
  }

  private async makeFolders(): Promise<void> {
    await mkdir(this.kept, { recursive: true, mode: 0o700 });
    await mkdir(this.incoming, { recursive: true, mode: 0o700 });
  }
}

/** A write may take less than it is given. */
async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(chunks);
  const wanted = chunks.reduce((sum, { length }) => sum + length, 0);
  if (bytesWritten < wanted) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
