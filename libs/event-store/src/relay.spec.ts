import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import { busSubject, cloudEventText } from '@hub-export/contracts';
import fc from 'fast-check';
import { MemoryEventStore } from './memory-event-store.js';
import { RELAY_BATCH, Relay } from './relay.js';
import type { RelayLock } from './relay-lock.js';
import { MemoryBus } from './testing/memory-bus.js';
import { event, request } from './testing/requests.js';

class OwnLock implements RelayLock {
  isFree = true;
  releases = 0;
  take = async (): Promise<boolean> => this.isFree;
  confirm = async (): Promise<boolean> => this.isFree;
  release = async (): Promise<void> => {
    this.releases += 1;
  };
}

describe('the relay', () => {
  let store: MemoryEventStore;
  let bus: MemoryBus;
  let lock: OwnLock;
  let now: number;
  let reports: string[];
  let relay: Relay;

  beforeEach(() => {
    [store, bus, lock, now, reports] = [new MemoryEventStore(), new MemoryBus(), new OwnLock(), 0, []];
    relay = newRelay();
  });

  function newRelay(batch = RELAY_BATCH): Relay {
    return new Relay({
      store,
      bus,
      lock,
      signal: store,
      batch,
      clock: () => now,
      report: (code) => reports.push(code),
    });
  }

  async function append(count: number): Promise<void> {
    for (let place = 0; place < count; place += 1) await store.append(request({ events: [event({ place })] }));
  }

  /** Until nothing is left to do; what fails is tried again. */
  async function drain(): Promise<void> {
    for (let tries = 0; tries < 50; tries += 1) {
      const counts = await relay.runOnce().catch(() => ({ published: 1 }));
      if (counts.published === 0) return;
    }
    throw new Error('The relay finds no end.');
  }

  async function expectBusEqualsLog(): Promise<void> {
    const events = await store.readAll(0, 1_000);
    expect(bus.messages).toEqual(
      events.map((recorded) => ({
        sequence: recorded.globalSeq,
        subject: busSubject(recorded.streamId, recorded.type),
        id: recorded.id,
        body: cloudEventText(recorded),
      })),
    );
  }

  it('publishes every event in its order, at the sequence that is its place in the log', async () => {
    await append(RELAY_BATCH + 7);
    expect(await relay.runOnce()).toEqual({ published: RELAY_BATCH, recreated: 0 });
    expect(await relay.lag()).toBe(7);
    expect(await relay.runOnce()).toEqual({ published: 7, recreated: 0 });
    expect(await relay.runOnce()).toEqual({ published: 0, recreated: 0 });
    expect(relay.position()).toBe(RELAY_BATCH + 7);
    await expectBusEqualsLog();
  });

  it('reads the next batch while the bus takes a full one, and again where that failed', async () => {
    relay = newRelay(3);
    await append(8);
    const first = await store.readAll(0, 3);
    const reading = jest.spyOn(store, 'readAll');
    reading.mockResolvedValueOnce(first).mockRejectedValueOnce(new Error('No answer.'));
    const takes = bus.publish.bind(bus);
    const readWhilePublishing: number[] = [];
    jest.spyOn(bus, 'publish').mockImplementation(async (batch) => {
      await Promise.resolve();
      readWhilePublishing.push(reading.mock.calls.length);
      return takes(batch);
    });
    await drain();
    // The batch, and the one ahead; the one ahead again, since it failed, and the last; the last again, as it was not
    // full, and no other behind it.
    expect(readWhilePublishing).toEqual([2, 4, 5]);
    await expectBusEqualsLog();
  });

  it.each([3, 5])('finds what is appended after it read ahead to the end of a log of %d', async (count) => {
    relay = newRelay(3);
    await append(count);
    await relay.runOnce();
    await append(1);
    expect((await relay.runOnce()).published).toBe(count - 3 + 1);
    await expectBusEqualsLog();
  });

  it('goes on, after a restart, where the bus itself stands', async () => {
    await append(10);
    await relay.runOnce();
    await append(5);
    relay = newRelay();
    expect((await relay.runOnce()).published).toBe(5);
    await expectBusEqualsLog();
  });

  it.each(['throwing', 'answering'] as const)('loses and doubles nothing when the bus fails by %s', async (failsBy) => {
    await append(20);
    Object.assign(bus, { failAfter: 8, failsBy });
    await relay.runOnce().catch(() => undefined);
    expect(bus.messages).toHaveLength(8);
    await drain();
    await expectBusEqualsLog();
    expect(bus.recreations).toBe(0);
  });

  it('tells that the bus takes nothing, and looks where it stands before it tries again', async () => {
    await append(1);
    bus.failAfter = 0;
    await expect(relay.runOnce()).rejects.toMatchObject({ name: 'BusRefused' });
    const { lookups } = bus;
    expect((await relay.runOnce()).published).toBe(1);
    expect(bus.lookups).toBe(lookups + 1);
  });

  it('publishes all again after the bus was wiped, and the lost part after it fell back, by itself', async () => {
    await append(30);
    await drain();
    for (const remaining of [0, 12]) {
      bus.rollBack(remaining);
      expect((await relay.runOnce()).published).toBe(0);
      now += 5_000;
      expect((await relay.runOnce()).published).toBe(30 - remaining);
      await expectBusEqualsLog();
    }
    expect(bus.recreations).toBe(0);
    expect(reports).toEqual(['relay_leads', 'relay_resumed', 'relay_resumed']);
  });

  it('notices a bus that fell back by the first message it does not take', async () => {
    await append(30);
    await drain();
    bus.rollBack(3);
    await append(1);
    await drain();
    await expectBusEqualsLog();
  });

  it('makes the bus anew when it is ahead of the log', async () => {
    await append(4);
    await drain();
    bus.messages.push({ sequence: 5, subject: 'x', id: 'never-recorded', body: '' });
    now += 5_000;
    expect(await relay.runOnce()).toEqual({ published: 4, recreated: 1 });
    await expectBusEqualsLog();
    expect(reports).toContain('relay_bus_recreated');
    expect(relay.totals()).toEqual({ published: 8, recreated: 1 });
  });

  it('makes the bus anew when it holds another message at the place of an event', async () => {
    await append(4);
    for (const sequence of [1, 2, 3]) bus.messages.push({ sequence, subject: 'x', id: `other-${sequence}`, body: '' });
    await drain();
    await expectBusEqualsLog();
    expect(bus.recreations).toBe(1);
  });

  it('does nothing while another relay works, and compares first when its turn comes', async () => {
    await append(6);
    lock.isFree = false;
    expect(await relay.runOnce()).toEqual({ published: 0, recreated: 0 });
    expect([bus.lookups, relay.position(), await relay.lag()]).toEqual([0, 0, null]);
    bus.messages.push({ sequence: 1, subject: 'x', id: 'other', body: '' });
    lock.isFree = true;
    expect(await relay.runOnce()).toEqual({ published: 6, recreated: 1 });
  });

  it('looks where the bus stands after it took a part only, and when it leads again, without waiting for its time', async () => {
    await append(6);
    bus.failAfter = 2;
    await relay.runOnce();
    expect(bus.lookups).toBe(1);
    await relay.runOnce();
    expect(bus.lookups).toBe(2);
    lock.isFree = false;
    await relay.runOnce();
    lock.isFree = true;
    await relay.runOnce();
    expect(bus.lookups).toBe(3);
  });

  it('does not make the bus anew when it has lost its turn in the meantime', async () => {
    await append(1);
    bus.messages.push({ sequence: 1, subject: 'x', id: 'other', body: '' });
    lock.confirm = async () => false;
    await expect(relay.runOnce()).rejects.toMatchObject({ name: 'BusRefused' });
    expect(bus.recreations).toBe(0);
  });

  it('brings the bus to the log whatever happens to the bus between', async () => {
    const happening = fc.oneof(
      fc.record({ does: fc.constant('append' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ does: fc.constant('rollBack' as const), count: fc.nat(10) }),
      fc.record({ does: fc.constant('foreign' as const), count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ does: fc.constant('fail' as const), count: fc.nat(4) }),
      fc.record({ does: fc.constant('away' as const), count: fc.constant(0) }),
      fc.record({ does: fc.constant('run' as const), count: fc.constant(0) }),
      fc.record({ does: fc.constant('restart' as const), count: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (happenings) => {
        [store, bus, now] = [new MemoryEventStore(), new MemoryBus(), 0];
        relay = newRelay(3);
        for (const { does, count } of happenings) {
          now += 1_000;
          if (does === 'append') await append(count);
          if (does === 'rollBack') bus.rollBack(Math.min(count, bus.messages.length));
          if (does === 'foreign') addForeign(count);
          if (does === 'fail') bus.failAfter = count;
          if (does === 'away') bus.isAway = true;
          if (does === 'restart') relay = newRelay(3);
          if (does === 'run') await relay.runOnce().catch(() => undefined);
        }
        Object.assign(bus, { isAway: false, failAfter: null });
        now += 5_000;
        await drain();
        await expectBusEqualsLog();
      }),
      { numRuns: 300 },
    );
  });

  function addForeign(count: number): void {
    for (let place = 0; place < count; place += 1) {
      bus.messages.push({ sequence: bus.messages.length + 1, subject: 'x', id: `foreign-${place}`, body: '' });
    }
  }

  it('is woken by an append and by a regained connection, and gives its turn back when it stops', async () => {
    relay.start();
    await eventually(() => bus.lookups === 1, { what: 'the relay rests' });
    await append(1);
    await eventually(() => bus.messages.length === 1, { what: 'the event is on the bus' });
    bus.rollBack(0);
    bus.reconnect();
    await eventually(() => bus.messages.length === 1, { what: 'the event is on the bus again' });
    await relay.stop();
    expect(lock.releases).toBe(1);
    await append(1);
    expect(bus.messages).toHaveLength(1);
  });
});
