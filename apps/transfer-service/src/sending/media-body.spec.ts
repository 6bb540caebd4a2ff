import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { MediaFault, type OpenMedia } from '../media/media-source.js';
import { mediaBody } from './media-body.stream.js';

const HEAD = 'head:';
const TAIL = ':tail';

describe('the body of an upload', () => {
  it('is head, media and tail', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 8 }), async (chunks) => {
        const media = Buffer.concat(chunks);
        const sent = await read(mediaBody(mediaOf(chunks), { head: HEAD, tail: TAIL, sha256: sha256(media) }));
        expect(sent).toEqual({ bytes: Buffer.concat([Buffer.from(HEAD), media, Buffer.from(TAIL)]), fault: null });
      }),
    );
  });

  it('of wrong bytes never comes to its end: the last piece and the tail stay here', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 8 }),
        async (chunks) => {
          const body = { head: HEAD, tail: TAIL, sha256: sha256(Buffer.from('what was approved')) };
          const { bytes, fault } = await read(mediaBody(mediaOf(chunks), body));
          const withheld = chunks.at(-1) as Uint8Array;
          expect(fault).toBe('media_changed');
          expect(bytes.length).toBe(HEAD.length + Buffer.concat(chunks).length - withheld.length);
        },
      ),
    );
  });

  it('of a file that was changed meanwhile never comes to its end, though its bytes are right', async () => {
    const chunks = [Buffer.from('one'), Buffer.from('two')];
    const media = { ...mediaOf(chunks), requireUnchanged: () => Promise.reject(new MediaFault('media_changed')) };
    const body = { head: HEAD, tail: TAIL, sha256: sha256(Buffer.concat(chunks)) };
    expect(await read(mediaBody(media, body))).toEqual({
      bytes: Buffer.from('head:one'),
      fault: 'media_changed',
    });
  });

  it('asks whether the file is the same only after it has read it to the end', async () => {
    const asked: string[] = [];
    const chunks = [Buffer.from('one'), Buffer.from('two')];
    const media: OpenMedia = {
      ...mediaOf(chunks),
      async *chunks() {
        yield* chunks;
        asked.push('read');
      },
      requireUnchanged: async () => void asked.push('asked'),
    };
    await read(mediaBody(media, { head: '', tail: '', sha256: sha256(Buffer.concat(chunks)) }));
    expect(asked).toEqual(['read', 'asked']);
  });

  it('breaks off where the disk fails', async () => {
    const media: OpenMedia = {
      ...mediaOf([]),
      async *chunks() {
        yield Buffer.from('one');
        yield Buffer.from('two');
        throw new MediaFault('media_unreadable');
      },
    };
    const sent = await read(mediaBody(media, { head: '', tail: TAIL, sha256: sha256(Buffer.from('')) }));
    expect(sent).toEqual({ bytes: Buffer.from('one'), fault: 'media_unreadable' });
  });
});

function mediaOf(chunks: readonly Uint8Array[]): OpenMedia {
  return {
    async *chunks() {
      yield* chunks;
    },
    requireUnchanged: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function read(body: AsyncIterable<Uint8Array>): Promise<{ bytes: Buffer; fault: string | null }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
    return { bytes: Buffer.concat(chunks), fault: null };
  } catch (error) {
    if (error instanceof MediaFault) return { bytes: Buffer.concat(chunks), fault: error.code };
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
