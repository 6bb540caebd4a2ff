import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { headers as newHeaders, type MsgHdrs } from '@nats-io/transport-node';
import { type Bus } from './bus.client.js';
import { findStream, managerOf, provision } from './provision.client.js';
import type { StreamSpec } from './streams.js';

/** A message for the bus. In stream HUB_EXPORT its sequence is the event's global_seq. */
export interface BusMessage {
  readonly sequence: number;
  readonly subject: string;
  /** The event's id, which the bus knows again within two minutes. */
  readonly id: string;
  readonly body: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The bus as the relay sees it. The invariant is ours: the place of a message in the stream is its event's global_seq,
 * since only the relay publishes, in order, and each message names the place it expects to follow.
 */
export interface EventBus {
  /** The last message there, 0 and null when there is none; and when the stream was created (ISO 8601). */
  lastSequence(): Promise<{ sequence: number; messageId: string | null; streamCreated: string }>;
  /**
   * Publishes messages of consecutive sequences in their order. Answers how many of them, from the first, the bus has
   * acknowledged at their places; fewer than all means: look at `lastSequence` and go on from there.
   */
  publish(batch: readonly BusMessage[]): Promise<number>;
  /** Deletes the stream and creates it anew, empty. For a bus that is ahead of the record or holds other messages. */
  recreate(): Promise<void>;
  /** Calls the listener whenever the bus comes up. The answer ends it. */
  onReconnect(listener: () => void): () => void;
}

/** So many messages may be under way without an acknowledgement. */
export const PUBLISH_WINDOW = 256;

/** How long an acknowledgement may take, in milliseconds. */
export const PUBLISH_TIMEOUT_MS = 5_000;

export class JetStreamEventBus implements EventBus {
  constructor(
    private readonly bus: Bus,
    private readonly stream: StreamSpec,
  ) {}

  /** @throws BusUnavailable, ProvisioningError, or what the server says. A missing stream is created first. */
  async lastSequence(): Promise<{ sequence: number; messageId: string | null; streamCreated: string }> {
    const connection = await this.bus.connection();
    const manager = await managerOf(connection);
    let info = await findStream(manager, this.stream.name);
    if (!info) {
      await provision(connection, { streams: [this.stream] });
      info = await manager.streams.info(this.stream.name);
    }
    const sequence = info.state.last_seq;
    const last = sequence === 0 ? null : await manager.streams.getMessage(this.stream.name, { seq: sequence });
    return { sequence, messageId: last?.header.get('Nats-Msg-Id') || null, streamCreated: info.created };
  }

  /**
   * @throws RangeError when the sequences are not consecutive from 1 on: the caller's bug, nothing is sent.
   */
  async publish(batch: readonly BusMessage[]): Promise<number> {
    requireConsecutive(batch);
    const first = batch[0];
    // While the connection is away the client would keep what it is given and send it later, long after we gave up on it.
    if (!first || !this.bus.status().up) return 0;
    const client = jetstream(await this.bus.connection());
    // The first goes alone: once it stands at its place, each of the others can name the very message it follows.
    if (!(await this.send(client, first))) return 0;
    return 1 + (await this.pipeline(client, batch));
  }

  async recreate(): Promise<void> {
    const connection = await this.bus.connection();
    const manager = await managerOf(connection);
    if (await findStream(manager, this.stream.name)) await manager.streams.delete(this.stream.name);
    await provision(connection, { streams: [this.stream] });
  }

  onReconnect(listener: () => void): () => void {
    return this.bus.onReconnect(listener);
  }

  /** Sends all behind the first, many under way at once. Answers how many are acknowledged before the first that is not. */
  private async pipeline(client: JetStreamClient, batch: readonly BusMessage[]): Promise<number> {
    const underWay: Promise<boolean>[] = [];
    let acknowledged = 0;
    for (const [place, message] of batch.entries()) {
      if (place === 0) continue;
      if (underWay.length >= PUBLISH_WINDOW) {
        if (!(await underWay.shift())) return this.settled(underWay, acknowledged);
        acknowledged += 1;
      }
      underWay.push(this.send(client, message, batch[place - 1]?.id));
    }
    for (let head = underWay.shift(); head; head = underWay.shift()) {
      if (!(await head)) return this.settled(underWay, acknowledged);
      acknowledged += 1;
    }
    return acknowledged;
  }

  /** What follows a failed message is refused, or stands where it should; either way we wait, so that nothing is under way when the caller looks. */
  private async settled(underWay: readonly Promise<boolean>[], acknowledged: number): Promise<number> {
    await Promise.all(underWay);
    return acknowledged;
  }

  /**
   * Whether the message is acknowledged at its own place; as a duplicate too, if it stands there.
   * The sequence alone would not do: with a foreign message at place 6, our 6 is refused, but our 7 would follow a 6.
   */
  private async send(client: JetStreamClient, message: BusMessage, idBefore?: string): Promise<boolean> {
    const lastMsgID = idBefore === undefined ? {} : { lastMsgID: idBefore };
    try {
      const ack = await client.publish(message.subject, message.body, {
        msgID: message.id,
        headers: headersOf(message.headers),
        expect: { streamName: this.stream.name, lastSequence: message.sequence - 1, ...lastMsgID },
        timeout: PUBLISH_TIMEOUT_MS,
      });
      return ack.seq === message.sequence;
    } catch {
      return false;
    }
  }
}

export interface PlainMessage {
  readonly subject: string;
  readonly body: Uint8Array | string;
  /** Known again within two minutes: published twice, it is stored once. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Publishes one message and waits for its acknowledgement. Not for HUB_EXPORT, where only the relay publishes.
 * @throws BusUnavailable, or what the server says (no stream for the subject, full, too large).
 */
export async function publishTo(
  bus: Bus,
  message: PlainMessage,
): Promise<{ stream: string; sequence: number; duplicate: boolean }> {
  const client = jetstream(await bus.connection());
  const options = { msgID: message.id, headers: headersOf(message.headers), timeout: PUBLISH_TIMEOUT_MS };
  const { stream, seq, duplicate } = await client.publish(message.subject, message.body, options);
  return { stream, sequence: seq, duplicate };
}

function headersOf(given: Readonly<Record<string, string>> = {}): MsgHdrs {
  const headers = newHeaders();
  for (const [name, value] of Object.entries(given)) headers.set(name, value);
  return headers;
}

function requireConsecutive(batch: readonly BusMessage[]): void {
  const first = batch[0]?.sequence ?? 1;
  const consecutive = first >= 1 && batch.every(({ sequence }, place) => sequence === first + place);
  if (!consecutive) throw new RangeError('Messages are published in consecutive sequences, from 1 on.');
}
