import fc from 'fast-check';
import type { MediaToSend } from './hub-protocol.js';
import { MeteredBody, type SendProgress } from './metered-body.stream.js';

const HEAD = 5;
const TAIL = 3;

describe('the metered body', () => {
  it('hands on every byte, and counts those of the media alone', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.option(fc.integer({ min: 1, max: 30 })), async (chunks, portion) => {
        const progress = { bytesSent: 0 };
        const grants = portion === null ? null : { next: () => Promise.resolve(portion) };
        const body = new MeteredBody(mediaOf(chunks), grants, progress, new AbortController().signal);
        const pieces: Uint8Array[] = [];
        for await (const piece of body.chunks()) pieces.push(piece);
        const media = chunks.reduce((sum, size) => sum + size, 0);
        expect(Buffer.concat(pieces).length).toBe(HEAD + media + TAIL);
        expect(progress.bytesSent).toBe(media);
        if (portion !== null) expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(portion);
      }),
    );
  });

  it('hands over nothing more after the word, and is cut when what it handed over has been taken', async () => {
    const progress: SendProgress = { bytesSent: 0 };
    const stop = new AbortController();
    const body = new MeteredBody(mediaOf([10, 20, 30]), null, progress, stop.signal);
    const pieces = body.chunks();
    await pieces.next();
    await pieces.next();
    stop.abort('egress_stopped');
    const further = pieces.next();
    expect(body.signal.aborted).toBe(false);
    await expect(further).rejects.toThrow('broken off');
    expect(body.signal).toMatchObject({ aborted: true, reason: 'egress_stopped' });
    expect(progress.bytesSent).toBe(10);
  });

  it('is cut though the connection does not take what it was handed', async () => {
    const stop = new AbortController();
    const body = new MeteredBody(mediaOf([10]), null, { bytesSent: 0 }, stop.signal);
    await body.chunks().next();
    const cut = new Promise((resolve) => body.signal.addEventListener('abort', resolve));
    stop.abort('egress_stopped');
    await cut;
    expect(body.signal.reason).toBe('egress_stopped');
  });

  it('is cut at once where the lease is lost', () => {
    const stop = new AbortController();
    const body = new MeteredBody(mediaOf([10]), null, { bytesSent: 0 }, stop.signal);
    stop.abort('lease_lost');
    expect(body.signal.aborted).toBe(true);
  });

  it('is cut from the start where the word was given before, and hands over nothing', async () => {
    const progress: SendProgress = { bytesSent: 0 };
    const body = new MeteredBody(mediaOf([10]), null, progress, AbortSignal.abort('lease_lost'));
    expect(body.signal).toMatchObject({ aborted: true, reason: 'lease_lost' });
    await expect(body.chunks().next()).rejects.toThrow('broken off');
    expect(progress.bytesSent).toBe(0);
  });
});

describe('the metered body of a machine that fell asleep', () => {
  it('looks whether the lease still stands before each piece, and hands over none once it does not', async () => {
    const stop = new AbortController();
    let asleep = false;
    const check = () => {
      if (asleep) stop.abort('lease_lost');
    };
    const progress: SendProgress = { bytesSent: 0 };
    const pieces = new MeteredBody(mediaOf([10, 20]), null, progress, stop.signal, check).chunks();
    await pieces.next();
    await pieces.next();
    asleep = true;
    await expect(pieces.next()).rejects.toThrow('broken off');
    expect(progress.bytesSent).toBe(10);
  });
});

function mediaOf(sizes: readonly number[]): MediaToSend {
  return {
    headers: {},
    layout: { headBytes: HEAD, mediaBytes: sizes.reduce((sum, size) => sum + size, 0) },
    async *body() {
      for (const size of [HEAD, ...sizes, TAIL]) yield Buffer.alloc(size);
    },
    close: () => Promise.resolve(),
  };
}
