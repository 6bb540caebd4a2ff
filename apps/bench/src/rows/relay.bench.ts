import { jetstream } from '@nats-io/jetstream';
import { PostgresEventStore, PostgresRelayLock, Relay } from '@hub-export/event-store';
import { busSubject, cloudEventText } from '@hub-export/contracts';
import { type Bus, busStreams, connectBus, JetStreamEventBus } from '@hub-export/jetstream';
import { atLeast } from '../report/goal.js';
import { timeOf } from '../run/rates.runner.js';
import type { Row, Workbench } from '../run/workbench.server.js';
import { appendMany } from '../store/log.filler.js';
import { type BenchLog, benchLog } from '../store/log.server.js';

/** Publishes under way at the same time; as many as our own publisher lets be. */
const WINDOW = 256;
const { HUB_EXPORT } = busStreams();

/** What is sent, as the relay sends it. */
interface Message {
  readonly subject: string;
  readonly body: string;
  readonly id: string;
}

/** Committed events to acknowledged messages, against a bare pipelined publish of the same bytes to the same server. */
export const relay: Row = {
  name: 'relay',
  async prepare(workbench) {
    const { seconds } = workbench.scale;
    const log = await benchLog(workbench);
    // About as many as each server takes in the time of a round.
    const counts = { default: Math.ceil(6_000 * seconds), always: Math.ceil(1_500 * seconds) };
    await appendMany(await log.pool('transfer'), counts.default);
    const [byDefault, always] = [
      await contest(workbench, log, false, counts.default),
      await contest(workbench, log, true, counts.always),
    ];
    return {
      contestants: [...byDefault, ...always],
      comparisons: [
        {
          variant: 'sync_interval default',
          value: 'relay_default',
          limit: 'publish_default',
          unit: 'events/s',
          goal: atLeast(0.6),
        },
        {
          variant: 'sync_interval default, beside reading and a publish in order',
          value: 'relay_default',
          limit: 'in_order_default',
          unit: 'events/s',
        },
        {
          variant: 'sync_interval always',
          value: 'relay_always',
          limit: 'publish_always',
          unit: 'events/s',
          goal: atLeast(0.6),
        },
      ],
    };
  },
};

async function contest(workbench: Workbench, log: BenchLog, syncAlways: boolean, count: number) {
  const setting = syncAlways ? 'always' : 'default';
  const { url } = await workbench.nats({ syncAlways });
  const bus = connectBus({ servers: url, name: `bench-${setting}` });
  workbench.atEnd(() => bus.close());
  const events = new JetStreamEventBus(bus, HUB_EXPORT);
  const store = new PostgresEventStore(await log.pool('transfer'));
  const messages = await messagesOf(store, count);
  const lockUrl = await log.urlOf('transfer');
  return [
    {
      name: `relay, sync ${setting}`,
      measure: async () => {
        await events.recreate();
        const lock = new PostgresRelayLock(lockUrl);
        const relaying = new Relay({ store, bus: events, lock });
        await relaying.runOnce();
        const before = relaying.position();
        const ms = await timeOf(async () => {
          while (relaying.position() < count) await relaying.runOnce();
        });
        const published = relaying.position() - before;
        await relaying.stop();
        return { [`relay_${setting}`]: (published / ms) * 1000 };
      },
    },
    {
      name: `bare publish, sync ${setting}`,
      measure: async () => {
        await events.recreate();
        const ms = await timeOf(() => publishAll(bus, messages));
        return { [`publish_${setting}`]: (messages.length / ms) * 1000 };
      },
    },
    {
      name: `reading, and a publish in order, sync ${setting}`,
      measure: async () => {
        await events.recreate();
        const publishing = await timeOf(() => publishInOrder(bus, messages));
        const reading = await timeOf(() => messagesOf(store, count));
        // Both are work of this one thread, so they cannot go on beside each other.
        return { [`in_order_${setting}`]: (messages.length / (publishing + reading)) * 1000 };
      },
    },
  ];
}

async function messagesOf(store: PostgresEventStore, count: number): Promise<readonly Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) {
    for (const event of await store.readAll(messages.length, Math.min(1_000, count - messages.length)))
      messages.push({ subject: busSubject(event.streamId, event.type), body: cloudEventText(event), id: event.id });
  }
  return messages;
}

/** The same, but each names its place and the message that it follows, so that the server keeps the order of the log. */
async function publishInOrder(bus: Bus, messages: readonly Message[]): Promise<void> {
  const client = jetstream(await bus.connection());
  const underWay: Promise<unknown>[] = [];
  for (const [place, { subject, body, id }] of messages.entries()) {
    if (underWay.length >= WINDOW) await underWay.shift();
    const lastMsgID = messages[place - 1]?.id;
    const expect = {
      streamName: HUB_EXPORT.name,
      lastSequence: place,
      ...(lastMsgID !== undefined && { lastMsgID }),
    };
    underWay.push(client.publish(subject, body, { msgID: id, expect }));
  }
  await Promise.all(underWay);
}

/** As fast as the client goes, with so many under way, in no order that anybody checks. */
async function publishAll(bus: Bus, messages: readonly Message[]): Promise<void> {
  const client = jetstream(await bus.connection());
  const rest = messages.values();
  await Promise.all(
    Array.from({ length: WINDOW }, async () => {
      for (const { subject, body, id } of rest) await client.publish(subject, body, { msgID: id });
    }),
  );
}
