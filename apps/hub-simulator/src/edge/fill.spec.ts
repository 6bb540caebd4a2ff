import { Writable } from 'node:stream';
import { writeFill } from './fill.stream.js';

const PIECES = 40;
const BYTES = PIECES * 64 * 1024 - 1;

describe('the fill of a huge answer', () => {
  it('is as long as it was asked for, and leaves no listener behind, however often it waits', async () => {
    let taken = 0;
    let listenersMax = 0;
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        listenersMax = Math.max(listenersMax, slow.listenerCount('close'));
        setImmediate(done);
      },
    });
    await writeFill(slow, BYTES);
    expect(taken).toBe(BYTES);
    expect(listenersMax).toBeLessThanOrEqual(1);
    expect([slow.listenerCount('drain'), slow.listenerCount('close')]).toEqual([0, 0]);
  });

  it('ends where the client has left', async () => {
    const stuck = new Writable({
      write() {
        setImmediate(() => stuck.destroy());
      },
    });
    await writeFill(stuck, BYTES);
    expect(stuck.destroyed).toBe(true);
  });
});
