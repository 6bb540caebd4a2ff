import { jest } from '@jest/globals';
import fc from 'fast-check';
import { MemoryEventStore } from './memory-event-store.js';
import { MemoryLeaseStore } from './memory-lease-store.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { PostgresLeaseStore } from './postgres-lease-store.js';
import { openPool } from './postgres-pool.js';
import { describeEventStore } from './testing/event-store.contract.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';
import { event, freshStream, request } from './testing/requests.js';

jest.setTimeout(30_000);

describeEventStore('PostgreSQL', async () => {
  const log = await freshLog();
  const pool = openPool({ url: log.urls.transfer, applicationName: 'contract' });
  return {
    store: new PostgresEventStore(pool),
    leases: new PostgresLeaseStore(pool),
    async close() {
      await pool.end();
      await log.drop();
    },
  };
});

describe('the store in PostgreSQL', () => {
  let log: FreshLog;
  beforeAll(async () => {
    log = await freshLog();
  });
  afterAll(() => log.drop());

  it('never dates an entry before the one ahead of it, even when the clock was set back', async () => {
    const clockAhead = await freshLog();
    const pool = openPool({ url: clockAhead.urls.transfer, applicationName: 'clock' });
    await clockAhead.query(`UPDATE log.head SET recorded_at = '2999-01-01T00:00:00.000001Z'`);
    const store = new PostgresEventStore(pool);
    await store.append(request());
    expect((await store.readAll(0, 1))[0]?.recordedAt).toBe('2999-01-01T00:00:00.000001Z');
    await pool.end();
    await clockAhead.drop();
  });

  it('answers any row of requests, one by one or together, as its twin in memory does', async () => {
    const pool = openPool({ url: log.urls.transfer, applicationName: 'twins' });
    const [real, twin] = [new PostgresEventStore(pool), new MemoryEventStore({ leases: new MemoryLeaseStore() })];
    const command = fc.record({
      stream: fc.nat(3),
      expectedVersion: fc.nat(3),
      events: fc.nat(2),
      key: fc.nat(12),
      digest: fc.constantFrom('one', 'other'),
      reliesOn: fc.array(fc.record({ stream: fc.nat(3), version: fc.nat(2) }), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 40 }), fc.boolean(), async (commands, together) => {
        const run = freshStream();
        const streamOf = (stream: number): string => `${run}-${stream}`;
        const requests = commands.map(({ stream, expectedVersion, events, key, digest, reliesOn }) =>
          request({
            streamId: streamOf(stream),
            expectedVersion,
            events: Array.from({ length: events }, () => event({ key })),
            command: { key: `${run}-${key}`, digest },
            reliesOn: reliesOn.map((relied) => ({ streamId: streamOf(relied.stream), version: relied.version })),
          }),
        );
        const answers = [];
        if (together) answers.push(...(await Promise.all(requests.map((each) => real.append(each)))));
        else for (const each of requests) answers.push(await real.append(each));
        const expected = [];
        for (const each of requests) expected.push(await twin.append(each));
        expect(answers).toEqual(expected);
      }),
      { numRuns: 40 },
    );
    expect(await real.position()).toBe(await twin.position());
    await pool.end();
  });

  it('gives each of many that read at once the stream it asked for, from the version it asked for', async () => {
    const pool = openPool({ url: log.urls.transfer, applicationName: 'readers' });
    const store = new PostgresEventStore(pool);
    const streams = Array.from({ length: 120 }, freshStream);
    await Promise.all(
      streams.map((streamId, n) =>
        store.append(request({ streamId, events: [event({ n }), event({ n }), event({ n })] })),
      ),
    );
    const read = await Promise.all(streams.map((streamId, n) => store.readStream(streamId, 1 + (n % 3))));
    read.forEach((events, n) => {
      expect(events.map(({ streamId, version, data }) => [streamId, version, data['n']])).toEqual(
        [1, 2, 3].slice(n % 3).map((version) => [streams[n], version, n]),
      );
    });
    expect(await Promise.all([store.readStream(freshStream()), store.readStream(String(streams[0]))])).toMatchObject([
      [],
      [{}, {}, {}],
    ]);
    await pool.end();
  });
});
