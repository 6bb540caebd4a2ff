import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import type { JetStreamManager } from '@nats-io/jetstream';
import { type Bus, connectBus } from './bus.client.js';
import { type BusMessage, JetStreamEventBus, publishTo } from './event-bus.client.js';
import { managerOf, provision } from './provision.client.js';
import { busStreams } from './streams.js';

// Real: nats-server, wiped and killed.
describe('the event bus', () => {
  const streams = busStreams();
  let nats: FreshNats;
  let bus: Bus;
  let events: JetStreamEventBus;
  let manager: JetStreamManager;

  beforeAll(async () => {
    nats = await freshNats();
    bus = connectBus({ servers: nats.url, name: 'relay' });
    events = new JetStreamEventBus(bus, streams.HUB_EXPORT);
    manager = await managerOf(await bus.connection());
  });
  beforeEach(() => events.recreate());
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  it('begins empty, creating the stream where it is missing', async () => {
    await manager.streams.delete('HUB_EXPORT');
    expect(await events.lastSequence()).toEqual({
      sequence: 0,
      messageId: null,
      streamCreated: expect.stringMatching(/^\d{4}-/),
    });
  });

  it('stores each message at its own sequence, many under way at once', async () => {
    expect(await events.publish(messages(1, 2_000))).toBe(2_000);
    expect(await events.lastSequence()).toMatchObject({ sequence: 2_000, messageId: 'id-2000' });
    expect(await stored(manager, [1, 777, 2_000])).toEqual(['1', '777', '2000']);
  });

  it('stores once what is published again, and goes on behind it', async () => {
    await events.publish(messages(1, 10));
    // Older servers know the messages again, newer ones refuse the place: either is true, and nothing is stored twice.
    expect([0, 10]).toContain(await events.publish(messages(6, 10)));
    const { sequence } = await events.lastSequence();
    await events.publish(messages(sequence + 1, 15 - sequence));
    expect(await events.lastSequence()).toMatchObject({ sequence: 15, messageId: 'id-15' });
    expect(await stored(manager, [5, 6, 10, 11])).toEqual(['5', '6', '10', '11']);
  });

  it('does not take a known id at another place for an acknowledgement', async () => {
    await events.publish(messages(1, 3));
    expect(await events.publish([{ ...message(4), id: 'id-2' }])).toBe(0);
    expect(await events.lastSequence()).toMatchObject({ sequence: 3 });
  });

  it('stops where another message stands, and stores nothing behind it', async () => {
    await events.publish(messages(1, 5));
    await publishTo(bus, { subject: 'hub-export.v1.foreign', body: 'foreign', id: 'foreign' });
    expect(await events.publish(messages(6, 500))).toBe(0);
    expect(await events.lastSequence()).toEqual({
      sequence: 6,
      messageId: 'foreign',
      streamCreated: expect.any(String),
    });
  });

  it('stops at a message that came between, and stores nothing behind it', async () => {
    const intruder = connectBus({ servers: nats.url, name: 'intruder' });
    try {
      await intruder.connection();
      const publishing = events.publish(messages(1, 8_000));
      await eventually(async () => (await manager.streams.info('HUB_EXPORT')).state.last_seq > 500, {
        what: 'it is under way',
      });
      await publishTo(intruder, { subject: 'hub-export.v1.foreign', body: 'foreign', id: 'foreign' });
      const acknowledged = await publishing;
      expect(acknowledged).toBeLessThan(8_000);
      expect(await events.lastSequence()).toMatchObject({ sequence: acknowledged + 1, messageId: 'foreign' });
    } finally {
      await intruder.close();
    }
  }, 20_000);

  it('stops at a message the stream refuses, and stores nothing behind it', async () => {
    const batch = messages(1, 600).map((each) =>
      each.sequence === 300 ? { ...each, body: 'x'.repeat(70_000) } : each,
    );
    expect(await events.publish(batch)).toBe(299);
    expect(await events.lastSequence()).toMatchObject({ sequence: 299 });
  });

  it('leaves no gap when the batch begins behind the end', async () => {
    await events.publish(messages(1, 3));
    expect(await events.publish(messages(5, 3))).toBe(0);
    expect(await events.lastSequence()).toMatchObject({ sequence: 3 });
  });

  it('does not append its first event to a stream that holds others', async () => {
    await publishTo(bus, { subject: 'hub-export.v1.foreign', body: 'foreign', id: 'foreign' });
    expect(await events.publish(messages(1, 1))).toBe(0);
    expect(await events.lastSequence()).toMatchObject({ sequence: 1, messageId: 'foreign' });
  });

  it('refuses a batch with a hole or out of order, and sends nothing of it', async () => {
    await expect(events.publish([message(1), message(3)])).rejects.toThrow(RangeError);
    await expect(events.publish([message(2), message(1)])).rejects.toThrow(RangeError);
    await expect(events.publish([message(0)])).rejects.toThrow(RangeError);
    expect(await events.publish([])).toBe(0);
    expect(await events.lastSequence()).toMatchObject({ sequence: 0 });
  });

  it('gives the same sequences to the same events after the server lost its disk', async () => {
    await events.publish(messages(1, 300));
    const { streamCreated } = await events.lastSequence();
    await nats.wipe();
    const empty = await eventually(() => events.lastSequence(), { what: 'the bus answers again' });
    expect(empty).toMatchObject({ sequence: 0, messageId: null });
    expect(empty.streamCreated).not.toBe(streamCreated);
    expect(await events.publish(messages(1, 400))).toBe(400);
    expect(await stored(manager, [1, 300, 400])).toEqual(['1', '300', '400']);
  });

  it('acknowledges nothing while the server is away, and nothing arrives later behind our back', async () => {
    await events.publish(messages(1, 2));
    await nats.kill();
    await eventually(() => !bus.status().up, { what: 'the bus is seen to be down' });
    expect(await events.publish(messages(3, 5))).toBe(0);
    await nats.restart();
    expect(await eventually(() => events.lastSequence(), { what: 'the bus answers again' })).toMatchObject({
      sequence: 2,
    });
    expect(await events.publish(messages(3, 5))).toBe(5);
  });

  it('keeps place and order when the server is killed under a running publish', async () => {
    const all = messages(1, 5_000);
    let next = 1;
    let killed: Promise<void> | undefined;
    while (next <= all.length) {
      const publishing = events.publish(all.slice(next - 1, next + 499)).catch(() => 0);
      if (next > 1_000) killed ??= nats.kill().then(() => nats.restart());
      await publishing;
      const last = await eventually(() => events.lastSequence(), { what: 'the bus answers', withinMs: 20_000 });
      next = last.sequence + 1;
    }
    await killed;
    expect(killed).toBeDefined();
    const { state } = await manager.streams.info('HUB_EXPORT');
    expect(state).toMatchObject({ messages: 5_000, first_seq: 1, last_seq: 5_000 });
    expect(await stored(manager, [999, 1_001, 3_333, 5_000])).toEqual(['999', '1001', '3333', '5000']);
  }, 60_000);

  it('publishes 20 000 events (the rate is printed for information)', async () => {
    const body = 'x'.repeat(1_000);
    const begun = performance.now();
    expect(await events.publish(messages(1, 20_000).map((each) => ({ ...each, body })))).toBe(20_000);
    const seconds = (performance.now() - begun) / 1_000;
    console.info(`20 000 events of 1 kB published in ${seconds.toFixed(1)} s: ${Math.round(20_000 / seconds)}/s`);
  }, 60_000);
});

describe('publishing elsewhere', () => {
  it('stores a message once though it is published twice', async () => {
    const nats = await freshNats();
    const bus = connectBus({ servers: nats.url, name: 'site' });
    try {
      await provision(await bus.connection(), { streams: [busStreams().HUB_EXPORT_SITE] });
      const snapshot = {
        subject: 'site.a.resource.changed',
        body: 'x'.repeat(3_000_000),
        id: 'snapshot-1',
        headers: { source: 'lx' },
      };
      expect(await publishTo(bus, snapshot)).toEqual({ stream: 'HUB_EXPORT_SITE', sequence: 1, duplicate: false });
      expect(await publishTo(bus, snapshot)).toEqual({ stream: 'HUB_EXPORT_SITE', sequence: 1, duplicate: true });
    } finally {
      await bus.close();
      await nats.stop();
    }
  });
});

function message(sequence: number): BusMessage {
  return {
    sequence,
    subject: `hub-export.v1.transfer.TransferQueued.t-${sequence % 7}`,
    id: `id-${sequence}`,
    body: String(sequence),
  };
}

function messages(from: number, count: number): readonly BusMessage[] {
  return Array.from({ length: count }, (_, place) => message(from + place));
}

async function stored(
  manager: JetStreamManager,
  sequences: readonly number[],
): Promise<readonly (string | undefined)[]> {
  return Promise.all(sequences.map(async (seq) => (await manager.streams.getMessage('HUB_EXPORT', { seq }))?.string()));
}
