import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import { PostgresAppendSignal } from './postgres-append-signal.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { openPool } from './postgres-pool.js';
import { PostgresRelayLock } from './relay-lock.js';
import { Relay } from './relay.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';
import { MemoryBus } from './testing/memory-bus.js';
import { request } from './testing/requests.js';

jest.setTimeout(30_000);

describe('relays of one log in PostgreSQL', () => {
  let log: FreshLog;
  beforeAll(async () => {
    log = await freshLog();
  });
  afterAll(() => log.drop());

  const CUT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = $1`;

  it('take turns: the lock is one relay’s until its session ends, however it ends', async () => {
    const [first, second] = [new PostgresRelayLock(log.urls.transfer), new PostgresRelayLock(log.urls.marking)];
    expect([await first.take(), await second.take(), await first.take()]).toEqual([true, false, true]);
    expect([await first.confirm(), await second.confirm()]).toEqual([true, false]);

    await log.query(CUT, ['hub-export relay']);
    await eventually(() => second.take().catch(() => false), { what: 'the second takes over' });
    await eventually(async () => !(await first.take()), { what: 'the first notices without asking' });
    expect(await first.confirm()).toBe(false);

    await second.release();
    await eventually(() => first.take(), { what: 'the first takes over' });
    await first.release();
  });

  it('lose it when they are frozen, and keep it for as long as they work', async () => {
    const idleMs = 1_000;
    const [first, second] = [
      new PostgresRelayLock(log.urls.transfer, undefined, idleMs),
      new PostgresRelayLock(log.urls.marking, undefined, idleMs),
    ];
    expect(await first.take()).toBe(true);
    const keptUntil = performance.now() + 2 * idleMs;
    await eventually(
      async () => {
        expect([await first.take(), await second.take()]).toEqual([true, false]);
        return performance.now() > keptUntil;
      },
      { what: 'the first kept it for longer than a silent session lasts' },
    );

    // The first does no more, as a process that is stopped and not killed.
    await eventually(() => second.take(), { what: 'the second takes over from the silent one' });
    expect([await first.confirm(), await second.confirm()]).toEqual([false, true]);
    await first.release();
    await second.release();
  });

  it('bring every event to the bus once and in order, while their sessions are cut', async () => {
    const pool = openPool({ url: log.urls.transfer, applicationName: 'store' });
    const [store, bus] = [new PostgresEventStore(pool), new MemoryBus()];
    const parts = [log.urls.transfer, log.urls.marking].map((url) => {
      const signal = new PostgresAppendSignal(url);
      signal.start();
      return { signal, relay: new Relay({ store, bus, signal, lock: new PostgresRelayLock(url) }) };
    });
    for (const { relay } of parts) relay.start();

    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 40 }, () => store.append(request())));
      await log.query(CUT, [round % 2 === 0 ? 'hub-export relay' : 'hub-export log signal']);
    }
    const end = await store.position();
    await eventually(() => bus.messages.length === end, { what: 'the bus holds the log' });
    const events = await store.readAll(0, 1_000);
    expect(bus.messages.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(bus.recreations).toBe(0);

    for (const { relay, signal } of parts) {
      await relay.stop();
      await signal.stop();
    }
    await pool.end();
  });
});
