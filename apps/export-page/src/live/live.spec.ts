import fc from 'fast-check';
import { liveMessageFrom, percentOf } from './live-message.js';
import { readEvents } from './server-sent-events.js';

describe('server-sent events', () => {
  const STREAM = 'event: heartbeat\ndata: \n\nevent: change\r\ndata: {"a":1}\r\n\r\n: comment\ndata: x\ndata: y\n\n';

  it('are the same, however the stream is cut into pieces', () => {
    const whole = readEvents('', STREAM).events;
    expect(whole).toEqual([
      { event: 'heartbeat', data: '' },
      { event: 'change', data: '{"a":1}' },
      { event: 'message', data: 'x\ny' },
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 6 }), (cuts) => {
        const places = [0, ...[...cuts].sort((a, b) => a - b), STREAM.length];
        let rest = '';
        const events = places.slice(1).flatMap((end, index) => {
          const read = readEvents(rest, STREAM.slice(places[index], end));
          rest = read.rest;
          return read.events;
        });
        // A cut between \r and \n may show an empty message more, which says nothing.
        expect(events.filter(({ data }) => data !== '')).toEqual(whole.filter(({ data }) => data !== ''));
      }),
    );
  });

  it('that never end are given up', () => {
    expect(() => readEvents('', 'x'.repeat(300_000))).toThrow('does not end');
  });
});

describe('a live message', () => {
  it('tells how far an upload is', () => {
    const told = { kind: 'progress', transfer_id: 't', bytes_sent: 5, bytes_total: 10, rate: 1, eta_seconds: null };
    expect(liveMessageFrom(JSON.stringify({ ...told, source_center_key: 'center-a' }))).toEqual(told);
  });

  it('tells that something was recorded', () => {
    const told = { kind: 'change', transfer_id: 't', event: 'TransferQueued', at: '2026-01-01T00:00:00Z', position: 7 };
    const { at: _at, ...heard } = told;
    expect(liveMessageFrom(JSON.stringify(told))).toEqual(heard);
    expect(liveMessageFrom('{"kind":"site","event":"EgressStopped","position":8}')).toEqual({
      kind: 'site',
      transfer_id: null,
      event: 'EgressStopped',
      position: 8,
    });
  });

  it.each(['', '{', 'null', '5', '{"kind":"change"}', '{"kind":"progress","transfer_id":"t","bytes_sent":-1}'])(
    'is nothing: %s',
    (data) => expect(liveMessageFrom(data)).toBeNull(),
  );

  it('never says that all is sent before it is', () => {
    expect(percentOf({ bytes_sent: 999, bytes_total: 1000 })).toBe(99);
    expect(percentOf({ bytes_sent: 1000, bytes_total: 1000 })).toBe(100);
    expect(percentOf({ bytes_sent: 0, bytes_total: 0 })).toBe(0);
  });
});
