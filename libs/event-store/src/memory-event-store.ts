import { entryHash, entryText, GENESIS_HASH, type JsonObject, type RecordedEvent } from '@hub-export/contracts';
import { checkedDataTexts, READ_EVENTS_MAX } from './append-limits.js';
import { type AppendSignal, Listeners } from './append-signal.js';
import { AppendRefused } from './errors.js';
import type { AppendRequest, AppendResult, EventStore } from './event-store.js';
import { MemoryLeaseStore } from './memory-lease-store.js';

interface Command {
  readonly digest: string;
  readonly position: number;
  readonly events: readonly RecordedEvent[];
}

export interface MemoryEventStoreOptions {
  /** Where fences are checked. @default leases of its own, none of them taken */
  readonly leases?: MemoryLeaseStore;
  /** Milliseconds since 1970. @default the clock of this process */
  readonly clock?: () => number;
}

/** The history in memory, for tests: the same promises, chain and refusals, as the contract suite shows. */
export class MemoryEventStore implements EventStore, AppendSignal {
  private readonly log: RecordedEvent[] = [];
  private readonly streams = new Map<string, RecordedEvent[]>();
  private readonly commands = new Map<string, Command>();
  private readonly eventIds = new Set<string>();
  private readonly listeners = new Listeners();
  private readonly leases: MemoryLeaseStore;
  private readonly clock: () => number;

  constructor(options: MemoryEventStoreOptions = {}) {
    this.leases = options.leases ?? new MemoryLeaseStore();
    this.clock = options.clock ?? Date.now;
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const dataTexts = checkedDataTexts(request);
    const { command, fence } = request;
    const known = this.commands.get(command.key);
    if (known !== undefined) return known.digest === command.digest ? repeated(known) : { outcome: 'key_reused' };
    if (fence !== undefined && !this.leases.isHeldUnder(fence.lease, fence.token)) return { outcome: 'fenced' };
    const conflict = this.findConflict(request);
    if (conflict !== null) return conflict;
    return this.record(request, dataTexts);
  }

  async readStream(streamId: string, fromVersion = 1): Promise<readonly RecordedEvent[]> {
    return (this.streams.get(streamId) ?? []).slice(fromVersion - 1);
  }

  async readAll(after: number, limit: number): Promise<readonly RecordedEvent[]> {
    return this.log.slice(after, after + Math.min(limit, READ_EVENTS_MAX));
  }

  async position(): Promise<number> {
    return this.log.length;
  }

  async findCommand(key: string): ReturnType<EventStore['findCommand']> {
    return this.commands.get(key) ?? null;
  }

  /** Everything that is recorded, oldest first, for whoever must not wait. */
  recorded(): readonly RecordedEvent[] {
    return this.log;
  }

  subscribe(listener: () => void): () => void {
    return this.listeners.subscribe(listener);
  }

  private findConflict(request: AppendRequest): AppendResult | null {
    const seen = [{ streamId: request.streamId, version: request.expectedVersion }, ...(request.reliesOn ?? [])];
    const moved = seen.find(({ streamId, version }) => this.versionOf(streamId) !== version);
    if (moved === undefined) return null;
    return { outcome: 'conflict', streamId: moved.streamId, actualVersion: this.versionOf(moved.streamId) };
  }

  private record(request: AppendRequest, dataTexts: readonly string[]): AppendResult {
    const ids = request.events.map(({ id }) => id);
    if (new Set(ids).size < ids.length || ids.some((id) => this.eventIds.has(id)))
      throw new AppendRefused('event_id_reused');
    const recordedAt = this.now();
    const events = dataTexts.map((dataText, place) => this.recordOne(request, place, dataText, recordedAt));
    const position = this.log.length;
    this.commands.set(request.command.key, { digest: request.command.digest, position, events });
    if (events.length > 0) this.listeners.tell();
    return { outcome: 'appended', position, version: this.versionOf(request.streamId) };
  }

  private recordOne(request: AppendRequest, place: number, dataText: string, recordedAt: string): RecordedEvent {
    const { streamId, correlationId, causationId } = request;
    const { id, type } = request.events[place] as AppendRequest['events'][number];
    const globalSeq = this.log.length + 1;
    const version = this.versionOf(streamId) + 1;
    const fields = { globalSeq, streamId, version, id, type, correlationId, causationId, recordedAt };
    const hash = entryHash(this.log.at(-1)?.hash ?? GENESIS_HASH, entryText({ ...fields, dataText }));
    const event: RecordedEvent = { ...fields, data: JSON.parse(dataText) as JsonObject, hash };
    this.log.push(event);
    this.streams.set(streamId, [...(this.streams.get(streamId) ?? []), event]);
    this.eventIds.add(id);
    return event;
  }

  private versionOf(streamId: string): number {
    return this.streams.get(streamId)?.length ?? 0;
  }

  /** Microseconds as the database writes them; never before the last entry, even if the clock was set back. */
  private now(): string {
    const now = new Date(this.clock()).toISOString().replace('Z', '000Z');
    const last = this.log.at(-1)?.recordedAt ?? '';
    return now > last ? now : last;
  }
}

function repeated({ position, events }: Command): AppendResult {
  return { outcome: 'repeated', position, eventIds: events.map(({ id }) => id) };
}
