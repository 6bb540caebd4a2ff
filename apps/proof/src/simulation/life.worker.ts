import {
  EGRESS_STREAM,
  type EgressEvent,
  type NodeFacts,
  PROFILE_TRAITS,
  type RecordedEvent,
  type ResourceEvent,
  type ResourceFacts,
  resourceFacts,
  resourceStream,
  sampleSnapshot,
  sha256Hex,
  systemActor,
  type TransferEvent,
  transferId,
  transferKey,
  transferStream,
  userActor,
} from '@hub-export/contracts';
import { fold, isRefusal } from '@hub-export/event-sourcing';
import {
  handle,
  MemoryDocumentStore,
  MemoryEventStore,
  MemoryLeaseStore,
  toDomainEvent,
} from '@hub-export/event-store';
import {
  circuitDecider,
  type Egress,
  egressDecider,
  eligibilityOf,
  type Intent,
  isRunning,
  readinessOf,
  type Resource,
  type ResourceCommand,
  resourceDecider,
  type Transfer,
  type TransferCommand,
  transferDecider,
} from '@hub-export/transfer-life';
import {
  Attempt,
  type AttemptParts,
  type CallContext,
  Freezer,
  type MediaToSend,
  type SendProgress,
  Situations,
  Transfers,
} from '@hub-export/transfer-service/sending';
import type { Random } from '../plan/random.js';
import { WorldHub } from './world.hub.js';
import { World } from './world.scheduler.js';
import { WorldLeases, WorldStore } from './world.store.js';

const TRANSFERS = 3;
const LEASE_MS = 2_000;
const LOOK_EVERY_MS = 500;
const ROUND_MS_MAX = 400;
const MEDIA_BYTES = 4_096;
export const SIMULATED_RETRY = { baseMs: 100, capMs: 2_000, attemptsMax: 12 } as const;
/** How often, at a turn, a worker dies or falls asleep while things may go wrong. */
const DEATH = 0.006;
const SLEEP = 0.02;
const OPERATOR = userActor('operator-1', 'Operator One');

const SITE: NodeFacts = {
  node_key: 'site-a',
  role: 'site_node',
  display_name: 'Site A',
  is_active: true,
  owning_center_key: 'center-a',
  center_scope: ['center-a'],
  base_url: null,
  profile: null,
  eligible_states: [],
  document_digest: '3'.repeat(64),
};
const HUB: NodeFacts = {
  ...SITE,
  node_key: 'hub',
  role: 'central_hub',
  display_name: 'Hub',
  owning_center_key: null,
  center_scope: [],
  base_url: 'https://hub.example/',
  profile: 'endoreg-3.0',
  eligible_states: ['VALIDATED'],
};

/** A whole life of some transfers: workers that die and sleep, a hub and a database in bad moods, people who interfere. */
export class SimulatedSite {
  readonly world: World;
  readonly leases: MemoryLeaseStore;
  readonly record: MemoryEventStore;
  readonly hub: WorldHub;
  readonly intents: readonly Intent[];
  /** An error that no rule foresees: a defect. */
  readonly defects: string[] = [];
  private readonly documents = new MemoryDocumentStore();
  private readonly facts: readonly ResourceFacts[];
  private readonly random: Random;
  private troubled = true;
  private births = 0;
  private alive: string[] = [];

  constructor(random: Random) {
    this.random = random;
    this.world = new World(random);
    const clock = (): number => this.world.now;
    this.leases = new MemoryLeaseStore(clock);
    this.record = new MemoryEventStore({ leases: this.leases, clock });
    this.hub = new WorldHub(this.world, () => this.troubled);
    this.facts = Array.from({ length: TRANSFERS }, (_, place) => this.resource(place));
    this.intents = this.facts.map(intentOf);
  }

  /** Trouble for so many steps, then peace until everything has come to an end or the limit is reached. */
  async live(troubledSteps: number, stepsMax: number): Promise<void> {
    await this.prepare();
    for (let worker = 0; worker < 2 + this.random.integer(2); worker += 1) this.bear();
    for (const place of this.intents.keys()) void this.people(place);
    void this.policies();
    const mischief = this.mischief();
    while (this.world.steps < troubledSteps) await this.turn();
    this.troubled = false;
    void this.makePeace(mischief);
    while (this.world.steps < stepsMax && !this.isOver()) await this.world.turn();
  }

  isOver(): boolean {
    return this.intents.every(({ transfer_id }) => {
      const state = this.stateOf(transfer_id);
      return state.status === 'completed' || (state.status === 'failed' && !state.failure.retryable);
    });
  }

  /** What happened, for whoever looks into a seed. */
  history(): string {
    return this.events()
      .map(
        ({ globalSeq, type, streamId, data }) =>
          `${globalSeq} ${streamId.slice(0, 17)} ${type} ${JSON.stringify(data['code'] ?? data['attempt_id'] ?? '')}`,
      )
      .join('\n');
  }

  events(): readonly RecordedEvent[] {
    return this.record.recorded();
  }

  private async turn(): Promise<void> {
    const victim = this.alive.length > 0 ? this.random.pick(this.alive) : null;
    if (victim !== null && this.random.happens(DEATH)) {
      this.world.kill(victim);
      this.alive = this.alive.filter((one) => one !== victim);
      const awaitsBirth = this.random.integer(3_000);
      void this.world.step('supervisor', awaitsBirth).then(() => this.bear());
    } else if (victim !== null && this.random.happens(SLEEP))
      this.world.freeze(victim, 1_500 + this.random.integer(2_500));
    await this.world.turn();
  }

  private bear(): void {
    const name = `worker-${(this.births += 1)}`;
    this.alive = [...this.alive, name];
    void this.guarded(name, () => this.work(name));
  }

  /** A worker's rounds: what waits, or was left behind, is taken under a lease as far as it goes. */
  private async work(name: string): Promise<void> {
    const { world, random } = this;
    const store = this.store(name);
    const leases = new WorldLeases(world, this.leases, name);
    for (;;) {
      await world.step(name, random.integer(ROUND_MS_MAX));
      const due = this.intents.filter(({ transfer_id }) => isDue(this.stateOf(transfer_id)));
      if (due.length === 0) continue;
      const { transfer_id } = random.pick(due);
      const lease = `transfer:${transfer_id}`;
      const token = await leases.take(lease, `${name}:${world.steps}`, LEASE_MS);
      if (token === null) continue;
      const controller = new AbortController();
      const over = { is: false };
      void this.watch(name, lease, token, controller, over);
      try {
        await new Attempt(this.parts(name, store), transfer_id, {
          name: lease,
          token,
          signal: controller.signal,
          isTrial: false,
          asksOnly: false,
          check: () => undefined,
        }).run();
      } catch (error) {
        this.judge(error);
      }
      over.is = true;
      await leases.release(lease, token);
    }
  }

  /** The watch over an attempt: it shares the fate of its worker. */
  private async watch(
    name: string,
    lease: string,
    token: number,
    controller: AbortController,
    over: { readonly is: boolean },
  ): Promise<void> {
    let renewedAt = this.world.now;
    while (!over.is && !controller.signal.aborted) {
      await this.world.step(name, LOOK_EVERY_MS);
      if (over.is) return;
      if (this.world.now - renewedAt > LEASE_MS || !(await this.leases.renew(lease, token, LEASE_MS))) {
        controller.abort('lease_lost');
        return;
      }
      renewedAt = this.world.now;
      if (!this.egress().open) controller.abort('egress_stopped');
      const eligible = this.facts.some(
        (facts, place) => lease.endsWith(this.intents[place]?.transfer_id ?? '') && this.eligibility(facts).eligible,
      );
      if (!eligible) controller.abort('ineligible');
    }
  }

  /** The retry policy, and what waits to be eligible again. */
  private async policies(): Promise<void> {
    const name = 'policies';
    const transfers = this.transfers(name);
    for (;;) {
      await this.world.step(name, this.random.integer(ROUND_MS_MAX));
      for (const { transfer_id } of this.intents) {
        const state = this.stateOf(transfer_id);
        try {
          if (state.status === 'queued' && state.progress.held.includes('ineligible')) {
            await transfers.release(transfer_id, 'ineligible', systemActor('eligible_again'), this.context());
          }
          if (state.status !== 'failed' || !state.failure.retryable) continue;
          const ineligible = state.failure.failure_class === 'ineligible';
          const { not_before } = state.failure;
          if (not_before !== null && Date.parse(not_before) > this.world.now) continue;
          const reason = ineligible ? 'eligible_again' : 'retry_policy';
          await transfers.queue(transfer_id, reason, systemActor(reason), this.context());
        } catch (error) {
          this.judge(error);
        }
      }
    }
  }

  /** An operator marks, changes their mind, queues, holds and releases, each order said until it is answered. */
  private async people(place: number): Promise<void> {
    const name = `operator-${place}`;
    const { transfer_id } = this.intents[place] as Intent;
    const transfers = this.transfers(name);
    await this.mark(name, place, 'MarkResource');
    if (this.random.happens(0.3)) {
      await this.mark(name, place, 'UnmarkResource');
      await this.mark(name, place, 'MarkResource');
    }
    await this.untilAnswered(name, (key) => transfers.queue(transfer_id, 'operator', OPERATOR, this.context(key)));
    for (let times = this.random.integer(3); times > 0; times -= 1) {
      await this.world.step(name, this.random.integer(2_000));
      await this.untilAnswered(name, (key) => transfers.hold(transfer_id, 'operator', OPERATOR, this.context(key)));
      await this.world.step(name, this.random.integer(1_000));
      await this.untilAnswered(name, (key) => transfers.release(transfer_id, 'operator', OPERATOR, this.context(key)));
    }
  }

  /** Egress is stopped and resumed; resources become ineligible, and eligible again. */
  private async mischief(): Promise<void> {
    const name = 'mischief';
    while (this.troubled) {
      await this.world.step(name, 500 + this.random.integer(3_000));
      if (!this.troubled) return;
      if (this.random.happens(0.3))
        await this.turnEgress(name, this.random.happens(0.4) ? 'StopEgress' : 'ResumeEgress');
      else if (this.random.happens(0.4)) {
        const state = this.random.happens(0.5) ? 'STARTED' : 'VALIDATED';
        await this.reportResource(name, this.random.integer(TRANSFERS), state);
      }
    }
  }

  /** Once the last mischief is done, everything is open and eligible again, and somebody is there to work. */
  private async makePeace(mischief: Promise<void>): Promise<void> {
    const name = 'peace';
    if (this.alive.length === 0) this.bear();
    await mischief;
    await this.turnEgress(name, 'ResumeEgress');
    for (const place of this.intents.keys()) await this.reportResource(name, place, 'VALIDATED');
  }

  private async prepare(): Promise<void> {
    for (const [place, facts] of this.facts.entries()) {
      await this.documents.put(JSON.parse(JSON.stringify(this.snapshot(place))) as never);
      const command = { type: 'ReportResource', facts, at: this.at(), by: systemActor('site_node') } as const;
      await handle<Resource, ResourceCommand, ResourceEvent>(
        this.record,
        resourceDecider,
        resourceStream(facts.resource_kind, facts.resource_hash),
        command,
        this.context(),
      );
    }
  }

  private async mark(name: string, place: number, type: 'MarkResource' | 'UnmarkResource'): Promise<void> {
    const intent = this.intents[place] as Intent;
    await this.untilAnswered(name, (key) => {
      const eligibility = this.eligibility(this.facts[place] as ResourceFacts);
      const order = { at: this.at(), by: OPERATOR };
      const command: TransferCommand =
        type === 'MarkResource' ? { type, ...order, intent, eligibility } : { type, ...order };
      const stream = transferStream(intent.transfer_id);
      return handle<Transfer, TransferCommand, TransferEvent>(this.store(name), transferDecider, stream, command, {
        ...this.context(key),
        digest: type,
      });
    });
  }

  private async turnEgress(name: string, type: 'StopEgress' | 'ResumeEgress'): Promise<void> {
    await this.untilAnswered(name, (key) =>
      handle(
        this.store(name),
        egressDecider,
        EGRESS_STREAM,
        { type, at: this.at(), by: OPERATOR },
        { ...this.context(key), digest: type },
      ),
    );
  }

  private async reportResource(name: string, place: number, anonymization_state: string): Promise<void> {
    const facts = this.facts[place] as ResourceFacts;
    await this.untilAnswered(name, (key) => {
      const { version } = this.resourceState(facts);
      const command = {
        type: 'ReportResource',
        facts: { ...facts, anonymization_state, source_version: facts.source_version + version } as ResourceFacts,
        at: this.at(),
        by: systemActor('site_node'),
      } as const;
      const stream = resourceStream(facts.resource_kind, facts.resource_hash);
      return handle<Resource, ResourceCommand, ResourceEvent>(this.store(name), resourceDecider, stream, command, {
        ...this.context(key),
        digest: anonymization_state,
      });
    });
  }

  /** Says an order with the same key until it is answered; a refusal is an answer, but for what time mends. */
  private async untilAnswered(name: string, order: (key: string) => Promise<unknown>): Promise<void> {
    for (let key = this.newKey(); ;) {
      try {
        await order(key);
        return;
      } catch (error) {
        if (isRefusal(error) && !MENDED_BY_TIME.includes(String(error.code))) return;
        if (isRefusal(error)) key = this.newKey();
        else this.judge(error);
      }
      await this.world.step(name, 200);
    }
  }

  private judge(error: unknown): void {
    const { name = '' } = error as Error;
    if (!FORESEEN.includes(name) && !isRefusal(error)) this.defects.push(String(error));
  }

  private async guarded(name: string, run: () => Promise<void>): Promise<void> {
    await run().catch((error: unknown) => {
      this.judge(error);
      // An error that escapes a round ends the process; its supervisor starts another.
      this.alive = this.alive.filter((one) => one !== name);
      this.bear();
    });
  }

  private store(name: string): WorldStore {
    return new WorldStore(this.world, this.record, name, () => this.troubled);
  }

  private transfers(name: string): Transfers {
    const store = this.store(name);
    return new Transfers(store, this.clock, this.situations(store), new Freezer(this.documents));
  }

  private situations(store: WorldStore): Situations {
    const nodes = {
      readiness: async (target: string, source?: string) => ({
        ...readinessOf(
          {
            nodes: [SITE, HUB],
            materials: new Map([
              ['site-a', []],
              ['hub', []],
            ]),
          },
          target,
          source,
        ),
        nodes: [],
      }),
    };
    type Needs = ConstructorParameters<typeof Situations>;
    return new Situations(store, nodes as unknown as Needs[1], CIRCUITS as unknown as Needs[2]);
  }

  private parts(name: string, store: WorldStore): AttemptParts {
    const { hub, random } = this;
    const client = {
      create: (context: CallContext, payload: string) => hub.call(name, 'create', context, payload),
      status: (context: CallContext) => hub.call(name, 'status', context, ''),
      upload: (context: CallContext, media: SimulatedMedia, progress: SendProgress) => {
        progress.bytesSent = 1 + random.integer(MEDIA_BYTES);
        return hub.call(name, 'media', context, media.sha256);
      },
    };
    const protocol = {
      prepare: async ({ frozen }: { frozen: { media_sha256: string } }) => {
        await this.world.step(name);
        return { sha256: frozen.media_sha256, close: async () => undefined };
      },
      sealed: async () => null,
      release: async () => undefined,
    };
    // Each part by its name, so that a new one is missed by the compiler and not by a seed.
    const parts: { readonly [Name in keyof AttemptParts]: unknown } = {
      events: store,
      situations: this.situations(store),
      freezer: new Freezer(this.documents),
      peers: {
        peer: async () => ({
          nodeKey: 'hub',
          document: { profile: 'endoreg-3.0' },
          sourceNodeKey: 'site-a',
          secret: '',
        }),
        observe: () => undefined,
      },
      circuits: CIRCUITS,
      hub: client,
      protocols: Object.fromEntries(Object.keys(PROFILE_TRAITS).map((profile) => [profile, protocol])),
      live: { follow: () => () => undefined },
      clock: this.clock,
      log: SILENT,
      retry: SIMULATED_RETRY,
      busyHub: { pollMs: 1_000, leaseMs: 60_000 },
    };
    return parts as unknown as AttemptParts;
  }

  private readonly clock = { now: (): Date => new Date(this.world.now), chance: (): number => this.random.next() };

  private stateOf(id: string): Transfer {
    return fold(transferDecider, this.stream(transferStream(id)).map(toDomainEvent<TransferEvent>));
  }

  private stream(id: string): readonly RecordedEvent[] {
    return this.record.recorded().filter(({ streamId }) => streamId === id);
  }

  private resourceState(facts: ResourceFacts): Resource {
    const stream = resourceStream(facts.resource_kind, facts.resource_hash);
    return fold(resourceDecider, this.stream(stream).map(toDomainEvent<ResourceEvent>));
  }

  private egress(): Egress {
    return fold(egressDecider, this.stream(EGRESS_STREAM).map(toDomainEvent<EgressEvent>));
  }

  private eligibility(facts: ResourceFacts) {
    return eligibilityOf(this.resourceState(facts), {
      centerScope: ['center-a'],
      owningCenter: 'center-a',
      acceptedStates: ['VALIDATED'],
      profile: 'endoreg-3.0',
    });
  }

  private context(key = this.newKey()) {
    return { key, correlationId: 'simulation', causationId: null };
  }

  private keys = 0;

  private newKey(): string {
    return `key-${(this.keys += 1)}`;
  }

  private at(): string {
    return new Date(this.world.now).toISOString();
  }

  private resource(place: number): ResourceFacts {
    const identity = { source_node_key: 'site-a', resource_kind: 'report', resource_hash: hashOf(place) } as const;
    return resourceFacts(this.snapshot(place), identity);
  }

  private snapshot(place: number) {
    const text = JSON.stringify(sampleSnapshot('report'))
      .replaceAll('a'.repeat(64), hashOf(place))
      .replaceAll('b'.repeat(64), sha256Hex(`media ${place}`));
    const sample = JSON.parse(text) as ReturnType<typeof sampleSnapshot>;
    return { ...sample, processed_media: { ...sample.processed_media, size: MEDIA_BYTES } };
  }
}

/** Circuits have no part here: they only decide when something is begun. */
const CIRCUITS = { of: async () => circuitDecider.initialState, observe: async () => false };

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

type SimulatedMedia = MediaToSend & { readonly sha256: string };

/** What the world may do to anybody; everything else is a defect of ours. */
const FORESEEN = ['StoreUnavailable', 'UnknownCommit', 'VersionConflict', 'Fenced'];
const MENDED_BY_TIME = ['not_anonymized', 'state_not_accepted_by_hub', 'ineligible'];

function isDue(state: Transfer): boolean {
  return isRunning(state) || (state.status === 'queued' && state.progress.held.length === 0);
}

function hashOf(place: number): string {
  return sha256Hex(`resource ${place}`);
}

function intentOf({ resource_kind, resource_hash, source_node_key }: ResourceFacts): Intent {
  const transfer_key = transferKey({ source_node_key, resource_kind, resource_hash });
  return {
    transfer_id: transferId('hub', transfer_key),
    transfer_key,
    source_node_key,
    source_center_key: 'center-a',
    target_node_key: 'hub',
    resource_kind,
    resource_hash,
    local_cleanup_policy: 'retain_processed_media',
  };
}
