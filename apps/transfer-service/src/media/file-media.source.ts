import { crashPoint } from '@hub-export/environment';
import { constants, type BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  type ExpectedMedia,
  hasSignatureOf,
  locatorParts,
  MediaFault,
  type MediaSource,
  type OpenMedia,
  SIGNATURE_BYTES,
} from './media-source.js';

/** Bytes read at once. */
export const CHUNK_BYTES = 1024 * 1024;
/** Used in turn: one is being sent, one is withheld behind it, one is being read. */
const BUFFERS = 3;

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Media below a directory, read only. */
export class FileMediaSource implements MediaSource {
  /** @param root absolute path of the media root; the service needs no write permission there */
  constructor(
    private readonly root: string,
    private readonly choices: { readonly hardLinks: 'refused' | 'allowed' } = { hardLinks: 'refused' },
  ) {}

  async open(locator: string, { kind, size }: ExpectedMedia): Promise<OpenMedia> {
    const parts = locatorParts(locator);
    if (parts === null) throw new MediaFault('media_unreadable');
    const file = await openBelow(this.root, parts);
    try {
      const stats = await file.stat({ bigint: true });
      // A FIFO, a device or a directory is no media.
      if (!stats.isFile()) throw new MediaFault('media_unreadable');
      // A second name, perhaps outside the root, is a second way to change it.
      if (stats.nlink > 1n && this.choices.hardLinks === 'refused') throw new MediaFault('media_unreadable');
      if (stats.size !== BigInt(size)) throw new MediaFault('media_changed');
      const beginning = await readFully(file, Buffer.alloc(Math.min(SIGNATURE_BYTES, size)), 0);
      if (!hasSignatureOf(kind, beginning)) throw new MediaFault('media_kind_mismatch');
      crashPoint('media-opened');
      return new OpenFile(file, stats, size);
    } catch (error) {
      await file.close();
      throw asMediaFault(error);
    }
  }
}

/** A regular file that was opened and looked at; it is read by this one handle. */
export class OpenFile implements OpenMedia {
  constructor(
    private readonly file: FileHandle,
    private readonly opened: BigIntStats,
    private readonly size: number,
  ) {}

  async *chunks(): AsyncGenerator<Uint8Array> {
    const buffers: Buffer[] = [];
    for (let position = 0, turn = 0; position < this.size; turn += 1) {
      const wanted = Math.min(CHUNK_BYTES, this.size - position);
      // No smaller one is needed later: only the last piece may be smaller.
      const buffer = (buffers[turn % BUFFERS] ??= Buffer.allocUnsafe(wanted));
      yield await readFully(this.file, buffer.subarray(0, wanted), position).catch((error: unknown) => {
        throw asMediaFault(error);
      });
      position += wanted;
    }
  }

  async requireUnchanged(): Promise<void> {
    const now = await this.file.stat({ bigint: true }).catch((error: unknown) => {
      throw asMediaFault(error);
    });
    const same = (['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const).every(
      (field) => now[field] === this.opened[field],
    );
    if (!same) throw new MediaFault('media_changed');
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/**
 * Opens part by part, each relative to the directory before it and none of them a link, so that a link set anywhere
 * below the root at any moment leads nowhere. (Comparing the resolved path first and opening it then would leave a gap.)
 */
async function openBelow(root: string, parts: readonly string[]): Promise<FileHandle> {
  let directory = await openPart(root, O_RDONLY | O_DIRECTORY);
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const flags = isLast ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK : O_RDONLY | O_NOFOLLOW | O_DIRECTORY;
    const within = directory;
    try {
      directory = await openPart(`/proc/self/fd/${within.fd}/${part}`, flags);
    } finally {
      await within.close();
    }
  }
  return directory;
}

async function openPart(path: string, flags: number): Promise<FileHandle> {
  return open(path, flags).catch((error: unknown) => {
    throw asMediaFault(error);
  });
}

async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  for (let filled = 0; filled < buffer.length;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) throw new MediaFault('media_changed');
    filled += bytesRead;
  }
  return buffer;
}

function asMediaFault(error: unknown): MediaFault {
  if (error instanceof MediaFault) return error;
  const { code } = error as NodeJS.ErrnoException;
  return new MediaFault(code === 'ENOENT' || code === 'ESTALE' ? 'media_missing' : 'media_unreadable');
}
