import { busSubject, cloudEventText, type RecordedEvent } from '@hub-export/contracts';
import { crashPoint } from '@hub-export/environment';
import type { AppendSignal } from './append-signal.js';
import type { BusMessage, EventBus } from './event-bus.js';
import type { EventStore } from './event-store.js';
import type { RelayLock } from './relay-lock.js';
import { errorCode, type Report, silent } from './report.js';
import { WorkLoop } from './work-loop.js';

/** Events given to the bus at once where nothing else is said. */
export const RELAY_BATCH = 500;
/** How often the log is looked at when nothing wakes the relay; a signal that was lost is noticed as often. */
const POLL_MS = 5_000;
/** How often a relay that stands by tries for the lock. */
const STAND_BY_MS = 1_000;
/** How often the bus is compared with the log though nothing seems wrong. */
const COMPARE_EVERY_MS = 5_000;

export interface RelayOptions {
  readonly store: EventStore;
  readonly bus: EventBus;
  readonly lock: RelayLock;
  readonly signal?: AppendSignal;
  readonly report?: Report;
  /** Events given to the bus at once. @default 500 */
  readonly batch?: number;
  /** Milliseconds that only ever grow. @default performance.now */
  readonly clock?: () => number;
}

export interface RelayCounts {
  /** Events the bus acknowledged. */
  readonly published: number;
  /** Times the bus was made anew since it held what the log does not. */
  readonly recreated: number;
}

/** The bus took nothing of what it was given; it is compared with the log and tried again. */
export class BusRefused extends Error {
  override readonly name = 'BusRefused';
}

/**
 * Publishes the log to the bus, in order. What the bus holds is asked of the bus itself and compared with the log, so
 * there is no mark of its own that could be wrong: a bus that lost something is filled up, and one that holds what the
 * log does not is made anew.
 */
export class Relay {
  private readonly loop: WorkLoop;
  private readonly report: Report;
  private readonly clock: () => number;
  private readonly batch: number;
  private readonly unsubscribe: (() => void)[] = [];
  private readonly counts = { published: 0, recreated: 0 };
  private place = 0;
  private isLeading = false;
  private isCompareDue = true;
  private comparedAt = 0;
  private ahead: ReadAhead | null = null;

  constructor(private readonly options: RelayOptions) {
    this.report = options.report ?? silent;
    this.clock = options.clock ?? (() => performance.now());
    this.batch = options.batch ?? RELAY_BATCH;
    this.loop = new WorkLoop({
      step: () => this.step(),
      idleMs: () => (this.isLeading ? POLL_MS : STAND_BY_MS),
      onFailure: (error, failures) => this.report('relay_failed', { code: errorCode(error), failures }),
    });
  }

  start(): void {
    // One that stands by tries for the lock now and then, not at every append.
    const wake = (): void => {
      if (this.isLeading) this.loop.wake();
    };
    const reconnected = (): void => {
      this.isCompareDue = true;
      wake();
    };
    this.unsubscribe.push(this.options.bus.onReconnect(reconnected));
    if (this.options.signal !== undefined) this.unsubscribe.push(this.options.signal.subscribe(wake));
    this.loop.start();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.unsubscribe.splice(0)) unsubscribe();
    await this.loop.stop();
    this.isLeading = false;
    await this.options.lock.release();
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /**
   * Publishes at most one batch, after comparing where that is due; nothing while another relay works.
   * @throws what the bus or the store throw, and {BusRefused}; the next call compares before it publishes.
   */
  async runOnce(): Promise<RelayCounts> {
    const before = { ...this.counts };
    try {
      if (await this.leads()) {
        if (this.isCompareDue || this.clock() - this.comparedAt >= COMPARE_EVERY_MS) await this.compare();
        await this.publishBatch();
      }
    } catch (error) {
      this.isCompareDue = true;
      throw error;
    }
    return {
      published: this.counts.published - before.published,
      recreated: this.counts.recreated - before.recreated,
    };
  }

  /** The global_seq up to which the bus holds the log, as far as this relay knows; 0 while it stands by. */
  position(): number {
    return this.isLeading ? this.place : 0;
  }

  /** Events in the log that the bus does not hold yet; null while this relay stands by. */
  async lag(): Promise<number | null> {
    if (!this.isLeading) return null;
    return Math.max(0, (await this.options.store.position()) - this.place);
  }

  /** Since this relay was made. */
  totals(): RelayCounts {
    return { ...this.counts };
  }

  /** True where more waits: less than a batch was all there was, unless the bus took less than it was given. */
  private async step(): Promise<boolean> {
    const { published } = await this.runOnce();
    return published === this.batch || (published > 0 && this.isCompareDue);
  }

  private async leads(): Promise<boolean> {
    const wasLeading = this.isLeading;
    this.isLeading = await this.options.lock.take();
    if (this.isLeading && !wasLeading) {
      this.isCompareDue = true;
      this.report('relay_leads', {});
    }
    return this.isLeading;
  }

  private async compare(): Promise<void> {
    const { bus, store } = this.options;
    // Cleared first: a connection that is lost and regained meanwhile asks for another look.
    this.isCompareDue = false;
    // The bus first: the log only grows, so what the bus held then must be in the log now.
    const { sequence, messageId } = await bus.lastSequence();
    const [recorded] = sequence === 0 ? [] : await store.readAll(sequence - 1, 1);
    if (sequence > 0 && recorded?.id !== messageId) {
      await this.recreate();
    } else {
      if (sequence < this.place) this.report('relay_resumed', { from: sequence, published: this.place });
      this.place = sequence;
    }
    this.comparedAt = this.clock();
  }

  private async recreate(): Promise<void> {
    // A relay that slept and lost its lock must not take away what the next one publishes.
    if (!(await this.options.lock.confirm())) throw new BusRefused('Another relay works now.');
    await this.options.bus.recreate();
    this.place = 0;
    this.counts.recreated += 1;
    this.report('relay_bus_recreated', { recreated: this.counts.recreated });
  }

  private async publishBatch(): Promise<void> {
    const events = await this.nextBatch();
    if (events.length === 0) return;
    crashPoint('relay-before-publish');
    const publishing = this.options.bus.publish(events.map(toMessage));
    // Behind a full batch there is most likely more: it is read while the bus acknowledges this one.
    if (events.length === this.batch) this.readAhead(this.place + this.batch);
    const acknowledged = await publishing;
    crashPoint('relay-after-publish');
    this.place += acknowledged;
    this.counts.published += acknowledged;
    if (acknowledged === 0) throw new BusRefused('The bus acknowledged nothing.');
    if (acknowledged < events.length) this.isCompareDue = true;
  }

  /**
   * What stands in the log never changes, so a full batch that was read ahead is true wherever it begins at our place.
   * One that was not full ended where the log ended then: more may stand behind it since, and its wake-up is past.
   */
  private async nextBatch(): Promise<readonly RecordedEvent[]> {
    const { ahead } = this;
    this.ahead = null;
    const read = ahead?.after === this.place ? await ahead.events : null;
    return read?.length === this.batch ? read : this.options.store.readAll(this.place, this.batch);
  }

  private readAhead(after: number): void {
    // A failure is nobody's: the batch is read again when its turn comes.
    this.ahead = { after, events: this.options.store.readAll(after, this.batch).catch(() => null) };
  }
}

/** A batch that is being read before its turn; null where that failed. */
interface ReadAhead {
  readonly after: number;
  readonly events: Promise<readonly RecordedEvent[] | null>;
}

function toMessage(event: RecordedEvent): BusMessage {
  return {
    sequence: event.globalSeq,
    subject: busSubject(event.streamId, event.type),
    id: event.id,
    body: cloudEventText(event),
  };
}
