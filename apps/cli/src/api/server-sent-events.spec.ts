import fc from 'fast-check';
import { MESSAGE_LENGTH_MAX, NOTHING_READ, readEvents, type ServerSentEvent } from './server-sent-events.js';

function readAll(pieces: readonly string[]): readonly ServerSentEvent[] {
  let part = NOTHING_READ;
  return pieces.flatMap((piece) => {
    const read = readEvents(part, piece);
    part = read.part;
    return read.events;
  });
}

describe('server-sent events', () => {
  it('are told with their name and data, and without it where it is empty', () => {
    const text = 'event: heartbeat\nid: 1\ndata: \n\nevent: progress\nid: 2\ndata: {"a":1}\n\n';
    expect(readAll([text])).toEqual([{ event: 'progress', data: '{"a":1}' }]);
  });

  it('keep the lines of their data, and skip comments', () => {
    expect(readAll([': hello\ndata: one\ndata:two\n\n'])).toEqual([{ event: 'message', data: 'one\ntwo' }]);
  });

  it('are not told before they end', () => {
    expect(readAll(['data: half\n'])).toEqual([]);
  });

  it('are the same however the stream is cut', () => {
    const stream = 'event: change\ndata: {"n":1}\n\nevent: progress\ndata: {"n":2}\n\ndata: last\n\n';
    const cuts = fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 10 });
    fc.assert(
      fc.property(cuts, (places) => {
        const sorted = [0, ...places.sort((a, b) => a - b), stream.length];
        const pieces = sorted.slice(1).map((end, index) => stream.slice(sorted[index], end));
        expect(readAll(pieces)).toEqual(readAll([stream]));
      }),
    );
  });

  it('that never end are refused', () => {
    expect(() => readEvents(NOTHING_READ, `data: ${'x'.repeat(MESSAGE_LENGTH_MAX)}`)).toThrow('does not end');
  });
});
