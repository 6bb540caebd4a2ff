import {
  EGRESS_STREAM,
  type EgressEvent,
  type RecordedEvent,
  type ResourceEvent,
  type ResourceFacts,
  resourceStream,
  type TransferEvent,
  transferStream,
} from '@hub-export/contracts';
import { fold, isRefusal } from '@hub-export/event-sourcing';
import { MemoryDocumentStore, MemoryEventStore, MemoryLeaseStore, toDomainEvent } from '@hub-export/event-store';
import {
  type Egress,
  egressDecider,
  eligibilityOf,
  type Intent,
  type Resource,
  resourceDecider,
  type Transfer,
  transferDecider,
} from '@hub-export/transfer-life';
import type { Random } from '../plan/random.js';
import { intentOf, resourceAt, TRANSFERS } from './simulated-resources.js';
import { WorldHub } from './world.hub.js';
import { World } from './world.scheduler.js';
import { WorldLeases, WorldStore } from './world.store.js';

/** What the world may do to anybody; everything else is a defect of ours. */
const FORESEEN = ['StoreUnavailable', 'UnknownCommit', 'VersionConflict', 'Fenced'];

/** What everybody in a life stands on: the world, its record with leases, the hub, and what is to be sent. */
export class Ground {
  readonly world: World;
  readonly record: MemoryEventStore;
  readonly documents = new MemoryDocumentStore();
  readonly hub: WorldHub;
  readonly facts: readonly ResourceFacts[];
  readonly intents: readonly Intent[];
  /** An error that no rule foresees: a defect. */
  readonly defects: string[] = [];
  readonly clock = { now: (): Date => new Date(this.world.now), chance: (): number => this.random.next() };
  /** Whether things may go wrong; in peace they do not. */
  isTroubled = true;
  private readonly held: MemoryLeaseStore;
  private keys = 0;

  constructor(readonly random: Random) {
    this.world = new World(random);
    const clock = (): number => this.world.now;
    this.held = new MemoryLeaseStore(clock);
    this.record = new MemoryEventStore({ leases: this.held, clock });
    this.hub = new WorldHub(this.world, () => this.isTroubled);
    this.facts = Array.from({ length: TRANSFERS }, (_, place) => resourceAt(place));
    this.intents = this.facts.map(intentOf);
  }

  /** The record as an actor reaches it. */
  store(actor: string): WorldStore {
    return new WorldStore(this.world, this.record, actor, () => this.isTroubled);
  }

  /** The leases as an actor reaches them. */
  leases(actor: string): WorldLeases {
    return new WorldLeases(this.world, this.held, actor);
  }

  /** Renewed by a watch that shares the steps of its worker. */
  renew(lease: string, token: number, ttlMs: number): Promise<boolean> {
    return this.held.renew(lease, token, ttlMs);
  }

  transferState(id: string): Transfer {
    return fold(transferDecider, this.stream(transferStream(id)).map(toDomainEvent<TransferEvent>));
  }

  resourceState({ resource_kind, resource_hash }: ResourceFacts): Resource {
    const stream = resourceStream(resource_kind, resource_hash);
    return fold(resourceDecider, this.stream(stream).map(toDomainEvent<ResourceEvent>));
  }

  egress(): Egress {
    return fold(egressDecider, this.stream(EGRESS_STREAM).map(toDomainEvent<EgressEvent>));
  }

  eligibility(facts: ResourceFacts): ReturnType<typeof eligibilityOf> {
    return eligibilityOf(this.resourceState(facts), {
      centerScope: ['center-a'],
      owningCenter: 'center-a',
      acceptedStates: ['VALIDATED'],
      profile: 'endoreg-3.0',
    });
  }

  judge(error: unknown): void {
    const { name = '' } = error as Error;
    if (!FORESEEN.includes(name) && !isRefusal(error)) this.defects.push(String(error));
  }

  /** Of an order with its own key, or with one that was used before. */
  context(key = this.newKey()) {
    return { key, correlationId: 'simulation', causationId: null };
  }

  newKey(): string {
    return `key-${(this.keys += 1)}`;
  }

  at(): string {
    return new Date(this.world.now).toISOString();
  }

  private stream(id: string): readonly RecordedEvent[] {
    return this.record.recorded().filter(({ streamId }) => streamId === id);
  }
}
