import {
  type ConsumerInfo,
  type ConsumerMessages,
  jetstream,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { crashPoint } from '@hub-export/environment';
import { attempt } from './attempt.worker.js';
import { repairDelayMs, retryDelayMs } from './backoff.js';
import { type Bus, pause } from './bus.client.js';
import { BusUnavailable, ProvisioningError } from './bus-errors.js';
import { ACK_WAIT_MS, type DurableChoices, type DurableSpec, durableSpec } from './durable.js';
import { type Classify, classifyAsRetry, type Failure } from './failure.js';
import type { HandleMessage, IncomingMessage } from './incoming-message.js';
import { Lane } from './lane.js';
import { type ParkedMessage, ParkedMessages, plainHeaders } from './parked.client.js';
import { findDurable, managerOf, provision, provisionDurable } from './provision.client.js';
import type { BusStreams } from './streams.js';

export interface DurableConsumerOptions extends DurableChoices {
  readonly bus: Bus;
  /** The streams of the deployment; the durable's own and the parked one are created where missing. */
  readonly streams: BusStreams;
  /** What an error of the handler means. Default: every error is tried again. */
  readonly classify?: Classify;
  /**
   * Our own checkpoint: all up to this sequence is handled for good. Asked when the durable has to be created, the first
   * time or after the bus lost it; what comes again up to there is acknowledged unhandled. Default: from the beginning.
   */
  readonly resumeFrom?: () => Promise<number>;
  /** Acknowledge with an answer awaited, where a redelivery would hurt more than the round trip. Default false. */
  readonly confirmAcks?: boolean;
  /** How long a message rests after its nth failed try, in milliseconds. Default retryDelayMs: 1 s to 60 s. */
  readonly retryDelay?: (tries: number) => number;
  /** How often the durable is looked at, in milliseconds. Default CHECK_EVERY_MS. */
  readonly checkEveryMs?: number;
  /** How long `stop` waits for running handlers, in milliseconds. Default STOP_WAIT_MS. */
  readonly stopWaitMs?: number;
}

/** What a consumer has done since it was made, for metrics. */
export interface ConsumerStats {
  readonly handled: number;
  readonly retried: number;
  readonly held: number;
  readonly parked: number;
  /** Acknowledged unhandled, since our own checkpoint was already past them. */
  readonly skipped: number;
  /** Times the durable had to be created. */
  readonly created: number;
  /** Messages the bus has for us and has not delivered yet, as last looked; null before. */
  readonly lag: number | null;
  /** Why the consumer cannot work at present; null when it can. */
  readonly trouble: string | null;
}

export const CHECK_EVERY_MS = 5_000;
export const STOP_WAIT_MS = 10_000;

const BATCH_MAX = 100;
/** The least that a server and its client take. */
const PULL_MIN_MS = 1_000;
/** Held back for so many rounds, about a day, a message becomes one that is retried. */
const HOLDS_MAX = 1_440;

/** The durable as it was when a message came from it: an acknowledgement must not reach another life of it. */
interface Life {
  readonly connection: NatsConnection;
  readonly info: ConsumerInfo;
  /** How often the connection had come up by then. */
  readonly comings: number;
}

/** Pulls from one durable and hands each message to one function, until stopped. README: "The life of a message". */
export class DurableConsumer {
  readonly parkedMessages: ParkedMessages;
  private readonly spec: DurableSpec;
  private readonly lane: Lane;
  private readonly ackWaitMs: number;
  private readonly checkEveryMs: number;
  private readonly retryDelay: (tries: number) => number;
  private readonly stopping = new AbortController();
  private readonly counts = { handled: 0, retried: 0, held: 0, parked: 0, skipped: 0, created: 0 };
  private lag: number | null = null;
  private trouble: string | null = 'not_started';
  private knownCreated: string | undefined;
  private knownComings = 0;
  private skipThrough = 0;
  private comings = 0;
  private pulling: ConsumerMessages | undefined;
  private run: Promise<void> | undefined;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly options: DurableConsumerOptions,
    private readonly handle: HandleMessage,
  ) {
    this.spec = durableSpec(options);
    this.lane = new Lane(this.spec.max_ack_pending);
    this.ackWaitMs = options.ackWaitMs ?? ACK_WAIT_MS;
    this.checkEveryMs = options.checkEveryMs ?? CHECK_EVERY_MS;
    this.retryDelay = options.retryDelay ?? retryDelayMs;
    this.parkedMessages = new ParkedMessages(options.bus, this.spec.name);
  }

  start(): void {
    this.stopListening = this.options.bus.onReconnect(() => {
      // Another life of the server, perhaps an empty one: look before going on.
      this.comings += 1;
      this.pulling?.stop();
    });
    this.run ??= this.work();
  }

  /** Pulls no more, waits (bounded) for running handlers, gives back what was not begun. The connection stays open. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.stopListening?.();
    this.pulling?.stop();
    const limit = new AbortController();
    const ended = Promise.all([this.run, this.lane.idle()]).finally(() => limit.abort());
    await Promise.race([ended, pause(this.options.stopWaitMs ?? STOP_WAIT_MS, limit.signal)]);
  }

  stats(): ConsumerStats {
    return { ...this.counts, lag: this.lag, trouble: this.trouble };
  }

  /**
   * Hands the oldest parked messages, `limit` at most, to the handler again: never back into the stream, whose sequences
   * are not ours to move. What succeeds is taken out; what fails stays as it was.
   */
  async driveParked({ limit }: { readonly limit: number }): Promise<{ handled: number; parkedAgain: number }> {
    const result = { handled: 0, parkedAgain: 0 };
    for await (const { parkedSequence, message } of this.parkedMessages.read(limit)) {
      if (this.stopping.signal.aborted) break;
      const leave = await this.lane.enter();
      try {
        const failure = await this.attempt(message);
        if (!failure) await this.parkedMessages.done(parkedSequence);
        result[failure ? 'parkedAgain' : 'handled'] += 1;
      } finally {
        leave();
      }
    }
    return result;
  }

  listParked(limit: number): Promise<readonly ParkedMessage[]> {
    return this.parkedMessages.list(limit);
  }

  private async work(): Promise<void> {
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        await this.pull(await this.ready());
        failures = 0;
      } catch (error) {
        failures += 1;
        this.trouble = codeOf(error);
        await pause(repairDelayMs(failures), this.stopping.signal);
      }
    }
  }

  /** The durable as it has to be, created again where it has gone. This look is the watchdog; it waits for no event. */
  private async ready(): Promise<Life> {
    const comings = this.comings;
    const connection = await this.options.bus.connection();
    const manager = await managerOf(connection);
    const found = await findDurable(manager, this.spec.stream, this.spec.name);
    const asKnown =
      found && found.created === this.knownCreated && comings === this.knownComings && this.trouble === null;
    const info = asKnown ? found : await this.restore(connection, manager, found);
    this.knownCreated = info.created;
    this.knownComings = comings;
    this.lag = info.num_pending;
    this.trouble = null;
    return { connection, info, comings };
  }

  private async restore(
    connection: NatsConnection,
    manager: JetStreamManager,
    found: ConsumerInfo | undefined,
  ): Promise<ConsumerInfo> {
    const { streams, resumeFrom } = this.options;
    await provision(connection, { streams: [streams[this.spec.stream], streams.HUB_EXPORT_PARKED] });
    // A durable that was there before us knows its place better than our checkpoint does.
    const keepsPlace = found && (this.knownCreated === undefined || found.created === this.knownCreated);
    const checkpoint = keepsPlace ? 0 : ((await resumeFrom?.()) ?? 0);
    const { created } = await provisionDurable(manager, this.spec, checkpoint);
    this.counts.created += created.length;
    const info = await manager.consumers.info(this.spec.stream, this.spec.name);
    // A server starts no durable beyond the end of its stream; while that is being filled again, we pass over ourselves.
    if (info.created !== this.knownCreated) this.skipThrough = checkpoint;
    return info;
  }

  /** Takes what comes until the batch is full or the time for the next look has come. */
  private async pull(life: Life): Promise<void> {
    const consumer = jetstream(life.connection).consumers.getConsumerFromInfo(life.info);
    const expires = Math.max(PULL_MIN_MS, this.checkEveryMs);
    const messages = await consumer.fetch({ max_messages: BATCH_MAX, expires });
    this.pulling = messages;
    if (this.stopping.signal.aborted || life.comings !== this.comings) messages.stop();
    // The client's own end of a pull relies on the server's word; a connection that hangs gives none.
    const silence = setTimeout(() => messages.stop(), expires + PULL_MIN_MS);
    try {
      for await (const message of messages) {
        const leave = await this.lane.enter();
        // Only a connection that closed under us makes this fail; then the message comes again.
        void this.settle(message, life).then(leave, leave);
      }
    } finally {
      clearTimeout(silence);
      this.pulling = undefined;
    }
  }

  /** Brings one delivery to its end: acknowledged, given back with a delay, or parked. */
  private async settle(delivery: JsMsg, life: Life): Promise<void> {
    if (this.stopping.signal.aborted) return delivery.nak();
    if (delivery.seq <= this.skipThrough) {
      this.counts.skipped += 1;
      return delivery.ack();
    }
    const message = incoming(delivery);
    // This delivery is the last: whatever ended the others without a word, such as a crash, may end this one too.
    if (message.deliveries >= this.spec.max_deliver) return this.park(delivery, message, life, 'deliveries_exhausted');
    crashPoint('consumer-before-handling');
    const failure = await this.attemptUntilReachable(message);
    if (!failure) {
      crashPoint('consumer-before-ack');
      await this.acknowledge(delivery, life);
      return crashPoint('consumer-after-ack');
    }
    if (failure.action === 'park') return this.park(delivery, message, life, failure.code);
    if (message.deliveries >= this.spec.max_deliver - 1 && !this.stopping.signal.aborted) {
      return this.park(delivery, message, life, 'deliveries_exhausted');
    }
    this.counts.retried += 1;
    if (await this.lives(life)) delivery.nak(this.retryDelay(message.deliveries));
  }

  /** A failure to reach what the handler leans on is waited out here, with the message in hand. */
  private async attemptUntilReachable(message: IncomingMessage): Promise<Failure | undefined> {
    for (let round = 1; ; round += 1) {
      const failure = await this.attempt(message);
      if (failure?.action !== 'hold') return failure;
      this.counts.held += 1;
      await this.keep(message, this.retryDelay(round));
      if (this.stopping.signal.aborted || round >= HOLDS_MAX) return { action: 'retry', code: failure.code };
    }
  }

  private attempt(message: IncomingMessage): Promise<Failure | undefined> {
    // A little before the server's own limit, so that our word comes first.
    return attempt(this.handle, message, this.options.classify ?? classifyAsRetry, 0.9 * this.ackWaitMs);
  }

  private async acknowledge(delivery: JsMsg, life: Life): Promise<void> {
    this.counts.handled += 1;
    if (!(await this.lives(life))) return;
    if (!this.options.confirmAcks) return delivery.ack();
    // Unconfirmed, it comes again; the handler knows it then.
    await delivery.ackAck().catch(() => undefined);
  }

  /** Acknowledged as done with only when it lies safe among the parked; that may have to be tried for long. */
  private async park(delivery: JsMsg, message: IncomingMessage, life: Life, reason: string): Promise<void> {
    for (let round = 1; round <= HOLDS_MAX; round += 1) {
      try {
        await this.parkedMessages.park(this.spec.stream, message, reason, String(delivery.timestampNanos));
        this.counts.parked += 1;
        if (await this.lives(life)) delivery.term();
        return;
      } catch {
        await this.keep(message, repairDelayMs(round));
        if (this.stopping.signal.aborted) return;
      }
    }
  }

  /** Waits with a message in hand, telling the server so, until the time is over or we are stopping. */
  private async keep(message: IncomingMessage, ms: number): Promise<void> {
    const slice = this.ackWaitMs / 3;
    for (let left = ms; left > 0 && !this.stopping.signal.aborted; left -= slice) {
      message.working();
      await pause(Math.min(left, slice), this.stopping.signal);
    }
    message.working();
  }

  /**
   * Whether the durable that gave us a message is still the one that would hear our word about it. After a wipe a new one
   * of the same name may have another message in hand under the same numbers.
   */
  private async lives(life: Life): Promise<boolean> {
    if (life.comings === this.comings) return true;
    try {
      const manager = await managerOf(await this.options.bus.connection());
      return (await findDurable(manager, this.spec.stream, this.spec.name))?.created === life.info.created;
    } catch {
      return false;
    }
  }
}

function incoming(delivery: JsMsg): IncomingMessage {
  return {
    subject: delivery.subject,
    sequence: delivery.seq,
    headers: plainHeaders(delivery.headers),
    id: delivery.headers?.get('Nats-Msg-Id') || null,
    deliveries: delivery.info.deliveryCount,
    body: delivery.data,
    working: () => delivery.working(),
  };
}

function codeOf(error: unknown): string {
  return error instanceof ProvisioningError || error instanceof BusUnavailable ? error.code : 'bus_error';
}
