import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHUNK_BYTES, FileMediaSource } from '../media/file-media.source.js';
import { MediaFault, type OpenMedia } from '../media/media-source.js';
import { mediaBody } from './media-body.stream.js';

const SIZE = 3 * CHUNK_BYTES + 11;
/** How many pieces were read when it happens; the media has four. */
const INSTANTS = ['before it is opened', 'when it is open', 'after 1', 'after 2', 'after 3', 'after the last'] as const;

const MISHAPS: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'is replaced by another file': async (file) => {
    await writeFile(`${file}.new`, Buffer.concat([Buffer.from('%PDF-1.4'), randomBytes(SIZE - 8)]));
    await rename(`${file}.new`, file);
  },
  'is overwritten in its first piece': (file) => overwritten(file, 20),
  'is overwritten in its last piece': (file) => overwritten(file, SIZE - 1),
  'is cut': (file) => truncate(file, SIZE - CHUNK_BYTES),
  'is emptied': (file) => truncate(file, 0),
  grows: (file) => appendFile(file, 'more'),
  vanishes: (file) => rm(file),
};

// Real: the file system. A body is complete only when its last piece has been handed over.
describe.each(Object.keys(MISHAPS))('media that %s', (mishap) => {
  let folder: string;
  let file: string;
  let approved: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-instants-'));
    file = join(folder, 'm.pdf');
    const content = Buffer.concat([Buffer.from('%PDF-1.4'), randomBytes(SIZE - 8)]);
    await writeFile(file, content);
    approved = createHash('sha256').update(content).digest('hex');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each(INSTANTS)('%s never makes a complete body of other bytes', async (instant) => {
    const strike = () => MISHAPS[mishap]?.(file);
    const { bytes, sha256, fault } = await sent(instant, strike);
    if (fault === null) expect([bytes, sha256]).toEqual([SIZE, approved]);
    else {
      expect(bytes).toBeLessThan(SIZE);
      expect(['media_changed', 'media_missing', 'media_kind_mismatch']).toContain(fault);
    }
  });

  async function sent(instant: (typeof INSTANTS)[number], strike: () => Promise<void> | undefined) {
    const hash = createHash('sha256');
    let bytes = 0;
    const outcome = async (): Promise<string | null> => {
      try {
        if (instant === 'before it is opened') await strike();
        const media = await new FileMediaSource(folder).open('file:m.pdf', { kind: 'report', size: SIZE });
        try {
          if (instant === 'when it is open') await strike();
          const body = mediaBody(struck(media, instant, strike), { head: '', tail: '', sha256: approved });
          for await (const piece of body) {
            hash.update(piece);
            bytes += piece.length;
          }
          return null;
        } finally {
          await media.close();
        }
      } catch (error) {
        if (error instanceof MediaFault) return error.code;
        throw error;
      }
    };
    const fault = await outcome();
    return { bytes, sha256: hash.digest('hex'), fault };
  }
});

function struck(media: OpenMedia, instant: string, strike: () => Promise<void> | undefined): OpenMedia {
  return {
    async *chunks() {
      let read = 0;
      for await (const piece of media.chunks()) {
        yield piece;
        read += 1;
        if (instant === `after ${read}`) await strike();
      }
      if (instant === 'after the last') await strike();
    },
    requireUnchanged: () => media.requireUnchanged(),
    close: () => media.close(),
  };
}

async function overwritten(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, position);
    byte.writeUInt8(byte.readUInt8(0) ^ 0xff, 0);
    await file.write(byte, 0, 1, position);
  } finally {
    await file.close();
  }
}
