import type { RecordedEvent } from '@hub-export/contracts';
import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  type LeaseStore,
  type MemoryEventStore,
  type MemoryLeaseStore,
  StoreUnavailable,
  type TakenLease,
  UnknownCommit,
} from '@hub-export/event-store';
import type { World } from './world.scheduler.js';

/** How often the database fails somebody, while things may go wrong. */
const AWAY = 0.004;
const COMMIT_UNKNOWN = 0.006;

/** The record as one actor reaches it: each call is a step of its own, and the way there and back may fail. */
export class WorldStore implements EventStore {
  constructor(
    private readonly world: World,
    private readonly record: MemoryEventStore,
    private readonly actor: string,
    private readonly trouble: () => boolean,
  ) {}

  async append(request: AppendRequest): Promise<AppendResult> {
    await this.reach();
    const result = await this.record.append(request);
    // Here the fact is recorded, and nobody knows it yet.
    await this.world.step(this.actor);
    if (this.trouble() && this.world.random.happens(COMMIT_UNKNOWN)) throw new UnknownCommit('Lost on the way back.');
    return result;
  }

  async readStream(streamId: string, fromVersion?: number): Promise<readonly RecordedEvent[]> {
    await this.reach();
    return this.record.readStream(streamId, fromVersion);
  }

  async readAll(after: number, limit: number): Promise<readonly RecordedEvent[]> {
    await this.reach();
    return this.record.readAll(after, limit);
  }

  async position(): Promise<number> {
    await this.reach();
    return this.record.position();
  }

  async findCommand(key: string): ReturnType<EventStore['findCommand']> {
    await this.reach();
    return this.record.findCommand(key);
  }

  private async reach(): Promise<void> {
    await this.world.step(this.actor);
    if (this.trouble() && this.world.random.happens(AWAY)) throw new StoreUnavailable('Away.');
  }
}

/** Leases as one actor reaches them. */
export class WorldLeases implements LeaseStore {
  constructor(
    private readonly world: World,
    private readonly leases: MemoryLeaseStore,
    private readonly actor: string,
  ) {}

  async take(name: string, holder: string, ttlMs: number): Promise<number | null> {
    await this.world.step(this.actor);
    return this.leases.take(name, holder, ttlMs);
  }

  async takeEach(names: readonly string[], holder: string, ttlMs: number): Promise<readonly (number | null)[]> {
    await this.world.step(this.actor);
    return this.leases.takeEach(names, holder, ttlMs);
  }

  async renew(name: string, token: number, ttlMs: number): Promise<boolean> {
    await this.world.step(this.actor);
    return this.leases.renew(name, token, ttlMs);
  }

  async release(name: string, token: number): Promise<void> {
    await this.world.step(this.actor);
    return this.leases.release(name, token);
  }

  async releaseEach(leases: readonly TakenLease[]): Promise<void> {
    await this.world.step(this.actor);
    return this.leases.releaseEach(leases);
  }

  async holder(name: string): Promise<string | null> {
    return this.leases.holder(name);
  }
}
