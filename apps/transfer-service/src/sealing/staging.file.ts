import { createHash, randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OpenFile } from '../media/file-media.source.js';
import { MediaFault, type OpenMedia } from '../media/media-source.js';
import { parseSealedMedia, type SealedMedia } from './envelope.js';
import type { Seal } from './seal.cipher.js';
import { SealingFault } from './sealing-fault.js';

/** What the sweep finds: sealed media, or what a worker began to seal and may have left behind. */
export interface StagedEntry {
  readonly transferId: string;
  readonly isPart: boolean;
  readonly changedAt: Date;
}

/** After so many bytes the disk is told to begin, so that little is left to wait for when the last piece is written. */
const FLUSH_EVERY_BYTES = 32 * 1024 * 1024;

const CIPHERTEXT = 'ciphertext';
const DESCRIPTION = 'sealed.json';
const ENTRY = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\.[0-9a-f]{16}\.part)?$/;

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Sealed media on disk, one directory a transfer: the ciphertext and its envelope. It appears by one rename, after all
 * of it is on disk, so a crash leaves both or none. Directories are 0700 and files 0600; plaintext is never written.
 * It is named by the transfer and not by its key, since each hub has its own key space.
 */
export class Staging {
  /** @param root absolute path; made when it is first needed, and shared by all processes of one installation */
  constructor(private readonly root: string) {}

  /** What is staged for a transfer, whether or not its ciphertext is still whole. */
  async find(transferId: string): Promise<SealedMedia | null> {
    try {
      return parseSealedMedia(await readFile(join(this.folderOf(transferId), DESCRIPTION), 'utf8'));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw unavailable(error);
    }
  }

  /** The bytes to send, opened once; `null` where they are gone or not as long as they were. */
  async openCiphertext(transferId: string, { ciphertext_size }: SealedMedia): Promise<OpenMedia | null> {
    const file = await open(join(this.folderOf(transferId), CIPHERTEXT), O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(
      (error: unknown) => {
        if (codeOf(error) === 'ENOENT') return null;
        throw unavailable(error);
      },
    );
    if (file === null) return null;
    const stats = await file.stat({ bigint: true });
    if (stats.isFile() && stats.size === BigInt(ciphertext_size)) return new OpenFile(file, stats, ciphertext_size);
    await file.close();
    return null;
  }

  /**
   * Seals media and keeps it; what others began for this transfer is swept away. Where somebody else was quicker,
   * theirs stands and is returned.
   * @throws {MediaFault} where it is not the media that was approved; then nothing is kept.
   * @throws {SealingFault} `staging_unavailable`, `staging_not_private`
   * @throws the reason of `signal`
   */
  async seal(transferId: string, media: OpenMedia, seal: Seal, signal: AbortSignal): Promise<SealedMedia> {
    await this.requirePrivateRoot();
    await this.discardParts(transferId);
    const part = `${this.folderOf(transferId)}.${randomBytes(8).toString('hex')}.part`;
    // The next piece may be far away: waiting for it ends at the word, not with it.
    const stop = () => void media.close().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await mkdir(part, { mode: 0o700 });
      const sealed = await writeSealed(part, media, seal, signal);
      if (await this.publish(part, transferId)) return sealed;
    } catch (error) {
      await rm(part, { recursive: true, force: true });
      signal.throwIfAborted();
      if (error instanceof MediaFault || error instanceof SealingFault) throw error;
      throw unavailable(error);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    const theirs = await this.find(transferId);
    if (theirs === null) throw new SealingFault('staging_unavailable');
    return theirs;
  }

  /** Forgets what is staged for a transfer, if anything is. */
  async discard(transferId: string): Promise<void> {
    try {
      await rm(this.folderOf(transferId), { recursive: true, force: true });
      await this.discardParts(transferId);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Forgets bytes that turned out to be damaged. The envelope stays: the hub may have what was sent before. */
  async discardCiphertext(transferId: string): Promise<void> {
    await rm(join(this.folderOf(transferId), CIPHERTEXT), { force: true });
  }

  /** Everything that lies in the directory and was put there by this class. */
  async entries(): Promise<readonly StagedEntry[]> {
    const entries: StagedEntry[] = [];
    for (const { name } of await this.list()) {
      const [, transferId, part] = ENTRY.exec(name) ?? [];
      const changedAt = transferId === undefined ? null : await changeOf(join(this.root, name));
      if (transferId !== undefined && changedAt !== null) {
        entries.push({ transferId, isPart: part !== undefined, changedAt });
      }
    }
    return entries;
  }

  async discardParts(transferId: string): Promise<void> {
    for (const { name } of await this.list()) {
      if (!name.startsWith(`${transferId}.`) || !ENTRY.test(name)) continue;
      await rm(join(this.root, name), { recursive: true, force: true });
    }
  }

  private async publish(part: string, transferId: string): Promise<boolean> {
    try {
      await rename(part, this.folderOf(transferId));
    } catch (error) {
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
      await rm(part, { recursive: true, force: true });
      return false;
    }
    await syncFolder(this.root);
    return true;
  }

  private async requirePrivateRoot(): Promise<void> {
    try {
      await mkdir(this.root, { recursive: true, mode: 0o700 });
      const { mode } = await stat(this.root);
      if ((mode & 0o077) !== 0) throw new SealingFault('staging_not_private');
    } catch (error) {
      throw error instanceof SealingFault ? error : unavailable(error);
    }
  }

  private async list(): Promise<readonly Dirent[]> {
    try {
      return await readdir(this.root, { withFileTypes: true });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw unavailable(error);
    }
  }

  private folderOf(transferId: string): string {
    if (!ENTRY.test(transferId)) throw new Error('A transfer id is not a UUID.');
    return join(this.root, transferId);
  }
}

/** In constant memory: a piece is read, encrypted, written, and forgotten. */
async function writeSealed(part: string, media: OpenMedia, seal: Seal, signal: AbortSignal): Promise<SealedMedia> {
  const plaintext = createHash('sha256');
  const ciphertext = createHash('sha256');
  let size = 0;
  let flushing = Promise.resolve();
  await writeSynced(join(part, CIPHERTEXT), async (file) => {
    for await (const piece of media.chunks()) {
      signal.throwIfAborted();
      plaintext.update(piece);
      const sealedPiece = seal.update(piece);
      ciphertext.update(sealedPiece);
      size += sealedPiece.length;
      await file.writeFile(sealedPiece);
      free(sealedPiece);
      if (Math.floor(size / FLUSH_EVERY_BYTES) === Math.floor((size - piece.length) / FLUSH_EVERY_BYTES)) continue;
      await flushing;
      flushing = file.datasync();
      // Where sealing fails meanwhile, nobody waits for it any more.
      flushing.catch(() => undefined);
    }
    await flushing;
  });
  await media.requireUnchanged();
  const envelope = seal.close();
  if (plaintext.digest('hex') !== envelope.plaintext_sha256 || size !== envelope.plaintext_size) {
    throw new MediaFault('media_changed');
  }
  const sealed: SealedMedia = { envelope, ciphertext_sha256: ciphertext.digest('hex'), ciphertext_size: size };
  await writeSynced(join(part, DESCRIPTION), (file) => file.writeFile(JSON.stringify(sealed)));
  await syncFolder(part);
  return sealed;
}

/**
 * Gives a piece's memory back at once: each is new and lies outside the heap, and the collector lets about a hundred of
 * them gather before it looks.
 */
function free({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

async function writeSynced(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, O_RDONLY);
  await folder.sync().finally(() => folder.close());
}

/** When its ciphertext last changed, else the directory itself; `null` where it is gone meanwhile. */
async function changeOf(path: string): Promise<Date | null> {
  for (const candidate of [join(path, CIPHERTEXT), path]) {
    const stats = await lstat(candidate).catch(() => null);
    if (stats !== null) return stats.mtime;
  }
  return null;
}

/** A full disk is told by a code of its own: whoever runs the machine can mend it, and it is tried again meanwhile. */
export function unavailable(cause: unknown): SealingFault {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(codeOf(cause) ?? '');
  return new SealingFault(isFull ? 'staging_full' : 'staging_unavailable', { cause });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
