import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import type { JetStreamManager } from '@nats-io/jetstream';
import { type Bus, connectBus } from './bus.client.js';
import { durableSpec } from './durable.js';
import { DurableConsumer, type DurableConsumerOptions } from './durable-consumer.worker.js';
import { type BusMessage, JetStreamEventBus, publishTo } from './event-bus.client.js';
import { Unprocessable } from './failure.js';
import type { HandleMessage, IncomingMessage } from './incoming-message.js';
import { managerOf, provision, provisionDurable } from './provision.client.js';
import { busStreams } from './streams.js';

// Real: nats-server, wiped, killed and tampered with. The rests after a failure are shortened, the server's are its own.
describe('a durable consumer', () => {
  const streams = busStreams();
  const running: DurableConsumer[] = [];
  let nats: FreshNats;
  let bus: Bus;
  let events: JetStreamEventBus;
  let manager: JetStreamManager;

  beforeAll(async () => {
    nats = await freshNats();
    bus = connectBus({ servers: nats.url, name: 'spec' });
    events = new JetStreamEventBus(bus, streams.HUB_EXPORT);
    manager = await managerOf(await bus.connection());
  });
  beforeEach(async () => {
    for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
    await provision(await bus.connection(), { streams: Object.values(streams) });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.stop()));
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  function consume(handle: HandleMessage, options: Partial<DurableConsumerOptions> = {}): DurableConsumer {
    const consumer = new DurableConsumer(
      {
        bus,
        streams,
        stream: 'HUB_EXPORT',
        durable: 'reader',
        filter: 'hub-export.v1.>',
        checkEveryMs: 1_000,
        retryDelay: () => 20,
        ...options,
      },
      handle,
    );
    running.push(consumer);
    consumer.start();
    return consumer;
  }

  async function acknowledgedThrough(sequence: number, stream = 'HUB_EXPORT'): Promise<void> {
    await eventually(
      async () => {
        const { ack_floor, num_ack_pending } = await manager.consumers.info(stream, 'reader');
        return ack_floor.stream_seq === sequence && num_ack_pending === 0;
      },
      { what: `all through ${sequence} is acknowledged`, withinMs: 20_000 },
    );
  }

  it('handles all in order, one after the other, and counts', async () => {
    await events.publish(messages(1, 500));
    const seen: number[] = [];
    let atOnce = 0;
    const consumer = consume(async ({ sequence, body, id, subject }) => {
      atOnce += 1;
      await new Promise(setImmediate);
      expect([text(body), id, subject]).toEqual([String(sequence), `id-${sequence}`, 'hub-export.v1.transfer.X.t']);
      expect(atOnce).toBe(1);
      atOnce -= 1;
      seen.push(sequence);
    });
    await acknowledgedThrough(500);
    expect(seen).toEqual(numbers(1, 500));
    await eventually(() => consumer.stats().lag === 0, { what: 'the lag is seen to be none' });
    expect(consumer.stats()).toMatchObject({ handled: 500, retried: 0, parked: 0, created: 1, trouble: null });
  });

  it('acknowledges only after the handler resolved', async () => {
    await events.publish(messages(1, 1));
    const gate = gateway();
    consume(() => gate.opened);
    await eventually(async () => (await manager.consumers.info('HUB_EXPORT', 'reader')).num_ack_pending === 1, {
      what: 'it is delivered',
    });
    expect((await manager.consumers.info('HUB_EXPORT', 'reader')).ack_floor.stream_seq).toBe(0);
    gate.open();
    await acknowledgedThrough(1);
  });

  it('gets again what a process that died in the middle had in hand', async () => {
    await events.publish(messages(1, 2));
    const dying = connectBus({ servers: nats.url, name: 'dying' });
    const dead = consume(() => new Promise(() => undefined), { bus: dying, ackWaitMs: 1_000, stopWaitMs: 0 });
    await eventually(async () => (await manager.consumers.info('HUB_EXPORT', 'reader')).num_ack_pending === 1, {
      what: 'it is delivered',
    });
    // As in a crash, the connection goes without a word about the message.
    await (await dying.connection()).close();
    await dead.stop();
    await dying.close();
    const seen: [number, number][] = [];
    consume(async ({ sequence, deliveries }) => void seen.push([sequence, deliveries]), { ackWaitMs: 1_000 });
    await acknowledgedThrough(2);
    expect(seen).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  it('tries again with a growing rest, and lets nothing overtake what waits', async () => {
    await events.publish(messages(1, 3));
    const rests: number[] = [];
    const seen: number[] = [];
    const consumer = consume(
      async ({ sequence, deliveries }) => {
        seen.push(sequence);
        if (sequence === 1 && deliveries < 4) throw new Error('not yet');
      },
      { retryDelay: (tries) => (rests.push(tries), tries * 20) },
    );
    await acknowledgedThrough(3);
    expect(seen).toEqual([1, 1, 1, 1, 2, 3]);
    expect(rests).toEqual([1, 2, 3]);
    expect(consumer.stats()).toMatchObject({ handled: 3, retried: 3, parked: 0 });
  });

  it('rests at least as long as it said', async () => {
    await events.publish(messages(1, 1));
    const times: number[] = [];
    consume(
      async ({ deliveries }) => {
        times.push(performance.now());
        if (deliveries === 1) throw new Error('not yet');
      },
      { retryDelay: () => 300 },
    );
    await acknowledgedThrough(1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(295);
  });

  it('parks once what never works, after the seventh failure, and goes on', async () => {
    await events.publish(messages(1, 3));
    const seen: number[] = [];
    const consumer = consume(async ({ sequence }) => {
      seen.push(sequence);
      if (sequence === 2) throw new Error('with a value that must not travel');
    });
    await acknowledgedThrough(3);
    expect(seen).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 3]);
    expect(await consumer.listParked(10)).toEqual([
      {
        parkedSequence: 1,
        parkedAt: expect.stringMatching(/^\d{4}-/),
        durable: 'reader',
        stream: 'HUB_EXPORT',
        sequence: 2,
        subject: 'hub-export.v1.transfer.X.t',
        reason: 'deliveries_exhausted',
        deliveries: 7,
      },
    ]);
    expect(consumer.stats()).toMatchObject({ handled: 2, retried: 6, parked: 1 });
  });

  it('parks at once what says it is unprocessable, whole and with its headers, and goes on', async () => {
    const odd = { ...message(1), body: new Uint8Array([0, 255, 1]), headers: { traceparent: '00-1' } };
    await events.publish([odd, message(2)]);
    const seen: IncomingMessage[] = [];
    const consumer = consume(async (each) => {
      seen.push(each);
      if (each.sequence === 1 && seen.length === 1) throw new Unprocessable('bad_shape');
    });
    await acknowledgedThrough(2);
    expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(await consumer.listParked(10)).toMatchObject([{ sequence: 1, reason: 'bad_shape', deliveries: 1 }]);

    expect(await consumer.driveParked({ limit: 10 })).toEqual({ handled: 1, parkedAgain: 0 });
    expect(seen[2]).toMatchObject({ subject: odd.subject, sequence: 1, id: 'id-1', headers: { traceparent: '00-1' } });
    expect([...(seen[2]?.body ?? [])]).toEqual([0, 255, 1]);
    expect(await consumer.listParked(10)).toEqual([]);
    expect(await events.lastSequence()).toMatchObject({ sequence: 2 });
  });

  it('keeps parked what fails again when driven, and drives no more than asked', async () => {
    await events.publish(messages(1, 4));
    let mended = false;
    const consumer = consume(async ({ sequence }) => {
      if (sequence === 1 || !mended) throw new Unprocessable('bad_shape');
    });
    await acknowledgedThrough(4);
    mended = true;
    expect(await consumer.driveParked({ limit: 2 })).toEqual({ handled: 1, parkedAgain: 1 });
    expect((await consumer.listParked(10)).map(({ sequence }) => sequence)).toEqual([1, 3, 4]);
    expect(await consumer.driveParked({ limit: 10 })).toEqual({ handled: 2, parkedAgain: 1 });
    expect((await consumer.listParked(10)).map(({ sequence }) => sequence)).toEqual([1]);
  });

  it('does not drive what another durable has parked', async () => {
    await events.publish(messages(1, 1));
    const refuse: HandleMessage = async () => {
      throw new Unprocessable('bad_shape');
    };
    const one = consume(refuse);
    const other = consume(refuse, { durable: 'other' });
    await eventually(() => one.stats().parked + other.stats().parked === 2, { what: 'both have parked it' });
    expect(await one.listParked(10)).toMatchObject([{ durable: 'reader' }]);
    expect(await other.listParked(10)).toMatchObject([{ durable: 'other' }]);
  });

  it('holds what is not at fault as long as it takes, uncounted, beyond the acknowledgement time', async () => {
    await events.publish(messages(1, 2));
    let tries = 0;
    const seen: [number, number][] = [];
    const consumer = consume(
      async ({ sequence, deliveries }) => {
        tries += 1;
        if (tries <= 20) throw new Error('database away');
        seen.push([sequence, deliveries]);
      },
      { classify: () => ({ action: 'hold', code: 'database_away' }), ackWaitMs: 300, retryDelay: () => 60 },
    );
    await acknowledgedThrough(2);
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(consumer.stats()).toMatchObject({ handled: 2, held: 20, retried: 0, parked: 0 });
  });

  it('lets a handler ask for more time than an acknowledgement may take', async () => {
    await events.publish(messages(1, 1));
    const seen: number[] = [];
    consume(
      async ({ deliveries, working }) => {
        for (let round = 0; round < 6; round += 1) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          working();
        }
        seen.push(deliveries);
      },
      { ackWaitMs: 300 },
    );
    await acknowledgedThrough(1);
    expect(seen).toEqual([1]);
  });

  it('tries again when a handler hangs', async () => {
    await events.publish(messages(1, 1));
    const seen: number[] = [];
    consume(
      ({ deliveries }) => {
        seen.push(deliveries);
        return deliveries === 1 ? new Promise<void>(() => undefined) : Promise.resolve();
      },
      { ackWaitMs: 300 },
    );
    await acknowledgedThrough(1);
    expect(seen).toEqual([1, 2]);
  });

  it('creates its durable behind our own checkpoint', async () => {
    await events.publish(messages(1, 20));
    const seen: number[] = [];
    consume(async ({ sequence }) => void seen.push(sequence), { resumeFrom: async () => 15 });
    await eventually(() => seen.length === 5, { what: 'the rest is handled' });
    await acknowledgedThrough(20);
    expect(seen).toEqual(numbers(16, 5));
  });

  it('goes on with what is new after the server lost its disk, and handles nothing twice', async () => {
    await events.publish(messages(1, 50));
    const seen: number[] = [];
    const consumer = consume(async ({ sequence }) => void seen.push(sequence), {
      resumeFrom: async () => seen.at(-1) ?? 0,
    });
    await acknowledgedThrough(50);
    await nats.wipe();
    await eventually(() => consumer.stats().created === 2, { what: 'the durable is there again' });
    await eventually(async () => (await events.lastSequence()).sequence === 0, { what: 'the bus answers' });
    expect(await events.publish(messages(1, 80))).toBe(80);
    await acknowledgedThrough(80);
    expect(seen).toEqual(numbers(1, 80));
    expect(consumer.stats()).toMatchObject({ handled: 80, created: 2, trouble: null });
  }, 30_000);

  it('passes over what is handled already when the durable begins anew before it', async () => {
    await events.publish(messages(1, 10));
    const seen: number[] = [];
    const consumer = consume(async ({ sequence }) => void seen.push(sequence), {
      resumeFrom: async () => seen.at(-1) ?? 0,
    });
    await acknowledgedThrough(10);
    await manager.consumers.delete('HUB_EXPORT', 'reader');
    const spec = durableSpec({ stream: 'HUB_EXPORT', durable: 'reader', filter: 'hub-export.v1.>' });
    await provisionDurable(manager, spec);
    await events.publish(messages(11, 5));
    await acknowledgedThrough(15);
    expect(seen).toEqual(numbers(1, 15));
    expect(consumer.stats()).toMatchObject({ handled: 15, skipped: 10 });
  });

  it('does not acknowledge to a new life what it got from the old one', async () => {
    await publishTo(bus, { subject: 'site.a.mark', body: 'old', id: 'old' });
    const gate = gateway();
    const seen: string[] = [];
    const site = { stream: 'HUB_EXPORT_SITE', filter: 'site.>', concurrency: 2 } as const;
    const consumer = consume(async ({ body }) => {
      seen.push(text(body));
      if (text(body) === 'old') await gate.opened;
      else await new Promise((resolve) => setTimeout(resolve, 500));
    }, site);
    await eventually(() => seen.length === 1, { what: 'the old message is in hand' });
    await nats.wipe();
    await eventually(() => consumer.stats().created === 2, { what: 'the durable is there again' });
    await publishTo(bus, { subject: 'site.a.mark', body: 'new', id: 'new' });
    await eventually(() => seen.includes('new'), { what: 'the new message is in hand' });
    gate.open();
    await eventually(() => consumer.stats().handled >= 1, { what: 'the old handler ended' });
    // Same stream, same sequence, same durable name: but the word was for the other.
    expect((await manager.consumers.info('HUB_EXPORT_SITE', 'reader')).num_ack_pending).toBe(1);
    await eventually(() => consumer.stats().handled === 2, { what: 'the new handler ended' });
    await eventually(async () => (await manager.streams.info('HUB_EXPORT_SITE')).state.messages === 0, {
      what: 'the new message is done',
    });
  }, 30_000);

  it('goes on when its durable is deleted under it', async () => {
    await events.publish(messages(1, 10));
    const seen: number[] = [];
    const consumer = consume(async ({ sequence }) => void seen.push(sequence), {
      resumeFrom: async () => seen.at(-1) ?? 0,
    });
    await acknowledgedThrough(10);
    await manager.consumers.delete('HUB_EXPORT', 'reader');
    await events.publish(messages(11, 10));
    await acknowledgedThrough(20);
    expect(seen).toEqual(numbers(1, 20));
    expect(consumer.stats()).toMatchObject({ created: 2, trouble: null });
  }, 20_000);

  it('goes on when its stream is deleted and filled again', async () => {
    await events.publish(messages(1, 10));
    const seen: number[] = [];
    consume(async ({ sequence }) => void seen.push(sequence), { resumeFrom: async () => seen.at(-1) ?? 0 });
    await acknowledgedThrough(10);
    await events.recreate();
    await events.publish(messages(1, 12));
    await acknowledgedThrough(12);
    expect(seen).toEqual(numbers(1, 12));
  }, 20_000);

  it('gets all, at least once, when the server is killed under it', async () => {
    await events.publish(messages(1, 400));
    const seen = new Set<number>();
    const consumer = consume(
      async ({ sequence }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.add(sequence);
      },
      { ackWaitMs: 1_000 },
    );
    await eventually(() => seen.size > 100, { what: 'it is under way' });
    await nats.kill();
    await nats.restart();
    await acknowledgedThrough(400);
    expect([...seen].sort((a, b) => a - b)).toEqual(numbers(1, 400));
    expect(consumer.stats()).toMatchObject({ parked: 0, created: 1 });
  }, 30_000);

  it('may be started before the server is there', async () => {
    await nats.kill();
    await eventually(() => !bus.status().up, { what: 'the bus is seen to be down' });
    const seen: number[] = [];
    const early = connectBus({ servers: nats.url, name: 'early' });
    try {
      const consumer = consume(async ({ sequence }) => void seen.push(sequence), { bus: early });
      expect(consumer.stats().trouble).toBe('not_started');
      await nats.restart();
      await bus.connection();
      await events.publish(messages(1, 1));
      await eventually(() => seen.length === 1, { what: 'the message is handled', withinMs: 15_000 });
      await consumer.stop();
    } finally {
      await early.close();
    }
  }, 30_000);

  it('waits for the running handler when it stops, and gives back what it has not begun', async () => {
    await events.publish(messages(1, 5));
    const gate = gateway();
    const begun: number[] = [];
    const ended: number[] = [];
    const consumer = consume(async ({ sequence }) => {
      begun.push(sequence);
      await gate.opened;
      ended.push(sequence);
    });
    await eventually(() => begun.length === 1, { what: 'the first is begun' });
    const stopped = consumer.stop();
    gate.open();
    await stopped;
    expect([begun, ended]).toEqual([[1], [1]]);
    await acknowledgedThrough(1);
    const seen: number[] = [];
    consume(async ({ sequence }) => void seen.push(sequence));
    await acknowledgedThrough(5);
    expect(seen).toEqual([2, 3, 4, 5]);
  });

  it('does not wait for ever for a handler when it stops', async () => {
    await events.publish(messages(1, 1));
    let begun = false;
    const consumer = consume(
      () => {
        begun = true;
        return new Promise(() => undefined);
      },
      { stopWaitMs: 50 },
    );
    await eventually(() => begun, { what: 'it is begun' });
    await consumer.stop();
    expect(consumer.stats().handled).toBe(0);
  });

  it('handles so many at once as it is told, and no more', async () => {
    await events.publish(messages(1, 20));
    const gate = gateway();
    let atOnce = 0;
    let most = 0;
    consume(
      async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await gate.opened;
        atOnce -= 1;
      },
      { concurrency: 4 },
    );
    await eventually(() => most === 4, { what: 'four are in hand' });
    gate.open();
    await acknowledgedThrough(20);
    expect(most).toBe(4);
  });

  it('confirms its acknowledgements where asked to', async () => {
    await events.publish(messages(1, 3));
    const seen: number[] = [];
    consume(async ({ sequence }) => void seen.push(sequence), { confirmAcks: true });
    await acknowledgedThrough(3);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('parks without having tried what has been delivered for the last time', async () => {
    await events.publish(messages(1, 1));
    // Seven processes had it and died; this one must not follow them.
    await provision(await bus.connection(), { streams: [] });
    const seen: number[] = [];
    const first = consume(() => new Promise(() => undefined), { ackWaitMs: 1_000, stopWaitMs: 0 });
    await eventually(async () => (await manager.consumers.info('HUB_EXPORT', 'reader')).num_ack_pending === 1, {
      what: 'it is delivered',
    });
    await first.stop();
    const connection = await bus.connection();
    const inbox = connection.subscribe('spec.pulled', { callback: (_, message) => void message.respond('-NAK') });
    for (let delivery = 2; delivery <= 7; delivery += 1) {
      connection.publish('$JS.API.CONSUMER.MSG.NEXT.HUB_EXPORT.reader', '{"batch":1,"expires":5000000000}', {
        reply: 'spec.pulled',
      });
      await eventually(() => inbox.getReceived() >= delivery - 1, { what: `delivery ${delivery}` });
    }
    inbox.unsubscribe();
    const consumer = consume(async ({ sequence }) => void seen.push(sequence), { ackWaitMs: 1_000 });
    await eventually(() => consumer.stats().parked === 1, { what: 'it is parked' });
    expect(seen).toEqual([]);
    expect(await consumer.listParked(1)).toMatchObject([
      { sequence: 1, reason: 'deliveries_exhausted', deliveries: 8 },
    ]);
  }, 30_000);
});

function message(sequence: number): BusMessage {
  return { sequence, subject: 'hub-export.v1.transfer.X.t', id: `id-${sequence}`, body: String(sequence) };
}

function messages(from: number, count: number): readonly BusMessage[] {
  return numbers(from, count).map(message);
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, place) => from + place);
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

function gateway(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
