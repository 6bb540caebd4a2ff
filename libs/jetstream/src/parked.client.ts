import type { JetStreamManager, MsgRequest, StoredMsg } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import { type Bus } from './bus.client.js';
import { publishTo } from './event-bus.client.js';
import type { IncomingMessage } from './incoming-message.js';
import { managerOf } from './provision.client.js';
import { PARKED_SUBJECT, type StreamName } from './streams.js';

/** A message that was put aside, without its body. */
export interface ParkedMessage {
  /** Its place in HUB_EXPORT_PARKED. */
  readonly parkedSequence: number;
  readonly parkedAt: string;
  readonly durable: string;
  /** Where it came from. */
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  /** The code of the failure it was parked for. */
  readonly reason: string;
  readonly deliveries: number;
}

/** A parked message with what is needed to handle it again. */
export interface ParkedWithBody extends ParkedMessage {
  readonly message: IncomingMessage;
}

/** So many parked messages are read at once at most. */
export const PARKED_LIST_MAX = 1_000;

const STREAM: StreamName = 'HUB_EXPORT_PARKED';
const HEADER = {
  durable: 'Hub-Export-Durable',
  stream: 'Hub-Export-Stream',
  sequence: 'Hub-Export-Sequence',
  subject: 'Hub-Export-Subject',
  reason: 'Hub-Export-Reason',
  deliveries: 'Hub-Export-Deliveries',
  id: 'Hub-Export-Message-Id',
} as const;

/** What one durable has put aside: kept whole, and kept until it has been handled after all. */
export class ParkedMessages {
  constructor(
    private readonly bus: Bus,
    private readonly durable: string,
  ) {}

  /**
   * Puts a message aside; resolves once the bus has it safe. Parked twice within two minutes, it is there once.
   * @param occurrence What tells this storing of the message from any other, such as its time in nanoseconds: after a
   *   wipe of the bus another message may stand at the same sequence.
   */
  async park(stream: StreamName, message: IncomingMessage, reason: string, occurrence: string): Promise<void> {
    await publishTo(this.bus, {
      subject: `${PARKED_SUBJECT}.${this.durable}`,
      id: [this.durable, stream, String(message.sequence), occurrence].join(':'),
      body: message.body,
      headers: {
        ...message.headers,
        [HEADER.durable]: this.durable,
        [HEADER.stream]: stream,
        [HEADER.sequence]: String(message.sequence),
        [HEADER.subject]: message.subject,
        [HEADER.reason]: reason,
        [HEADER.deliveries]: String(message.deliveries),
        ...(message.id === null ? {} : { [HEADER.id]: message.id }),
      },
    });
  }

  /** The oldest parked messages of this durable, `limit` at most (and PARKED_LIST_MAX). */
  async list(limit: number): Promise<readonly ParkedMessage[]> {
    const listed: ParkedMessage[] = [];
    for await (const { message: _, ...parked } of this.read(limit)) listed.push(parked);
    return listed;
  }

  /** The same one by one, with their bodies. */
  async *read(limit: number): AsyncGenerator<ParkedWithBody> {
    const manager = await managerOf(await this.bus.connection());
    let next = 1;
    for (let read = 0; read < Math.min(limit, PARKED_LIST_MAX); read += 1) {
      const stored = await nextStored(manager, `${PARKED_SUBJECT}.${this.durable}`, next);
      if (!stored) return;
      yield parkedFrom(stored);
      next = stored.seq + 1;
    }
  }

  /** Takes a parked message out: it has been handled after all. Done twice, it is done. */
  async done(parkedSequence: number): Promise<void> {
    const manager = await managerOf(await this.bus.connection());
    await manager.streams.deleteMessage(STREAM, parkedSequence).catch(async (error: unknown) => {
      if (await manager.streams.getMessage(STREAM, { seq: parkedSequence })) throw error;
    });
  }
}

/** The headers a handler sees: the first value each, without those by which the bus steers itself. */
export function plainHeaders(headers: MsgHdrs | undefined): Record<string, string> {
  const names = headers?.keys() ?? [];
  const own = names.filter((name) => !/^nats-/i.test(name) && !/^hub-export-/i.test(name));
  return Object.fromEntries(own.map((name) => [name, headers?.get(name) ?? '']));
}

function nextStored(manager: JetStreamManager, subject: string, from: number): Promise<StoredMsg | null> {
  // Servers since 2.9 answer "the next of this subject from here on"; the client's type does not know it.
  return manager.streams.getMessage(STREAM, { seq: from, next_by_subj: subject } as MsgRequest);
}

function parkedFrom(stored: StoredMsg): ParkedWithBody {
  const text = (name: string): string => stored.header.get(name);
  const sequence = Number(text(HEADER.sequence));
  const deliveries = Number(text(HEADER.deliveries));
  return {
    parkedSequence: stored.seq,
    parkedAt: stored.timestamp,
    durable: text(HEADER.durable),
    stream: text(HEADER.stream),
    sequence,
    subject: text(HEADER.subject),
    reason: text(HEADER.reason),
    deliveries,
    message: {
      subject: text(HEADER.subject),
      sequence,
      headers: plainHeaders(stored.header),
      id: text(HEADER.id) || null,
      deliveries,
      body: stored.data,
      working: () => undefined,
    },
  };
}
