import type { BusMessage, EventBus } from '../event-bus.js';
import { Listeners } from '../append-signal.js';

/** A bus in memory that keeps the rules of the real one, and can be made to fail, forget and fall back. */
export class MemoryBus implements EventBus {
  readonly messages: BusMessage[] = [];
  recreations = 0;
  lookups = 0;
  /** Acknowledges so many messages more, and then fails once. */
  failAfter: number | null = null;
  /** Whether a failing publication throws, or answers how far it came. */
  failsBy: 'throwing' | 'answering' = 'answering';
  isAway = false;
  private readonly reconnects = new Listeners();

  async lastSequence(): ReturnType<EventBus['lastSequence']> {
    this.lookups += 1;
    this.requireThere();
    const last = this.messages.at(-1);
    return { sequence: last?.sequence ?? 0, messageId: last?.id ?? null, streamCreated: '2026-01-01T00:00:00Z' };
  }

  async publish(batch: readonly BusMessage[]): Promise<number> {
    this.requireThere();
    let acknowledged = 0;
    for (const message of batch) {
      if (this.failAfter === 0) {
        this.failAfter = null;
        if (this.failsBy === 'throwing') throw new Error('The connection broke.');
        return acknowledged;
      }
      // As the real one does, it takes a message only at the sequence it names.
      if (message.sequence !== this.messages.length + 1) return acknowledged;
      this.messages.push(message);
      acknowledged += 1;
      if (this.failAfter !== null) this.failAfter -= 1;
    }
    return acknowledged;
  }

  async recreate(): Promise<void> {
    this.requireThere();
    this.recreations += 1;
    this.messages.length = 0;
  }

  onReconnect(listener: () => void): () => void {
    return this.reconnects.subscribe(listener);
  }

  /** Falls back to what it held at an earlier time. */
  rollBack(length: number): void {
    this.messages.length = length;
  }

  reconnect(): void {
    this.isAway = false;
    this.reconnects.tell();
  }

  private requireThere(): void {
    if (this.isAway) throw new Error('The bus is away.');
  }
}
