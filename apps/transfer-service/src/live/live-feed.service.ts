import { type RecordedEvent, TRANSFER_EVENTS, type TransferEvent } from '@hub-export/contracts';
import { type AppendSignal, type EventStore, toDomainEvent } from '@hub-export/event-store';
import type { Bus } from '@hub-export/jetstream';
import type { Intent } from '@hub-export/transfer-life';
import { Subject, type Subscription } from 'rxjs';
import { type LiveMessage, parseProgress, progressOf, type UploadProgress } from './live-message.js';

/** Other processes tell their progress here; it is news, not a fact, so no stream keeps it. */
const PROGRESS_SUBJECT = 'hub-export-live.progress';
const PROGRESS_EVERY_MS = 500;
const EVENTS_AT_ONCE = 200;

interface Connection {
  publish(subject: string, payload: string): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { string(): string }) => void },
  ): { unsubscribe(): void };
}

/** What happens now, for pages that watch: every change of a transfer, and how far uploads are. */
export class LiveFeed {
  private readonly messages = new Subject<LiveMessage>();
  /** Up to where everything was told; `null` while nobody listens, so that a new listener is told nothing old. */
  private position: number | null = null;
  private reading: Promise<void> = Promise.resolve();
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly events: EventStore,
    private readonly signal: AppendSignal,
    private readonly bus: Bus,
  ) {}

  onApplicationBootstrap(): void {
    this.ends.push(this.signal.subscribe(() => this.readOn()));
    this.ends.push(this.bus.onReconnect(() => void this.listen()));
    void this.listen();
  }

  beforeApplicationShutdown(): void {
    for (const end of this.ends) end();
    this.messages.complete();
  }

  /** Tells everything that is recorded from now on. */
  subscribe(listener: (message: LiveMessage) => void): Subscription {
    const isFirst = !this.messages.observed;
    const subscription = this.messages.subscribe(listener);
    if (isFirst) {
      this.position = null;
      this.next(() => this.beginHere());
    }
    return subscription;
  }

  /** Tells of an upload as long as it runs. The answer ends it. */
  follow(
    { transfer_id, source_center_key }: Intent,
    size: number,
    progress: { readonly bytesSent: number },
  ): () => void {
    const startedAt = performance.now();
    const tell = () => {
      const elapsedMs = performance.now() - startedAt;
      this.publish(
        progressOf({ transfer_id, source_center_key, bytes_sent: progress.bytesSent, bytes_total: size, elapsedMs }),
      );
    };
    const timer = setInterval(tell, PROGRESS_EVERY_MS);
    return () => {
      clearInterval(timer);
      tell();
    };
  }

  private publish(progress: UploadProgress): void {
    this.messages.next(progress);
    // News that nobody can hear is not kept for later: the client would collect it without limit.
    if (!this.bus.status().up) return;
    try {
      this.connection?.publish(PROGRESS_SUBJECT, JSON.stringify({ ...progress, from: this.id }));
    } catch {
      // The connection closed at this very moment; an upload does not end for that.
    }
  }

  private connection: Connection | null = null;
  private readonly id = crypto.randomUUID();

  private async listen(): Promise<void> {
    const connection = (await this.bus.connection().catch(() => null)) as Connection | null;
    if (connection === null || connection === this.connection) return;
    this.connection = connection;
    const subscription = connection.subscribe(PROGRESS_SUBJECT, {
      callback: (error, message) => error === null && this.heard(message.string()),
    });
    this.ends.push(() => subscription.unsubscribe());
  }

  private heard(text: string): void {
    const heard = parseProgress(text);
    if (heard !== null && heard.from !== this.id) this.messages.next(heard.progress);
  }

  /** Reads what was appended since. */
  private readOn(): void {
    if (this.messages.observed) this.next(() => this.tellNew());
    else this.position = null;
  }

  /** One reader at a time, so that nothing is told twice or out of order. */
  private next(read: () => Promise<void>): void {
    // The database may be away; what was not read is read at the next append.
    this.reading = this.reading.then(read).catch(() => undefined);
  }

  private async beginHere(): Promise<void> {
    this.position = await this.events.position();
  }

  private async tellNew(): Promise<void> {
    if (this.position === null) return this.beginHere();
    for (;;) {
      const events = await this.events.readAll(this.position, EVENTS_AT_ONCE);
      for (const event of events) this.tell(event);
      this.position = events.at(-1)?.globalSeq ?? this.position;
      if (events.length < EVENTS_AT_ONCE) return;
    }
  }

  private tell(recorded: RecordedEvent): void {
    if (!(recorded.type in TRANSFER_EVENTS)) return;
    const { type, at } = toDomainEvent<TransferEvent>(recorded);
    const transfer_id = recorded.streamId.slice('transfer-'.length);
    this.messages.next({ kind: 'change', transfer_id, event: type, at, position: recorded.globalSeq });
  }
}
