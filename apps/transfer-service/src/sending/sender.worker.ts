import { crashPoint } from '@hub-export/environment';
import { Fenced, type LeaseStore } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import { randomInt, randomUUID } from 'node:crypto';
import type { SendingConfig } from '../config.js';
import type { EgressSwitch } from '../egress/egress.service.js';
import type { WaitingTransfer, WaitingTransfers } from '../overview/waiting-transfers.query.js';
import { AttemptWatch, type HeldLease } from './attempt-watch.worker.js';
import type { AttemptParts } from './attempt-parts.js';
import { Attempt } from './attempt.worker.js';
import type { CircuitProbe } from './circuit-probe.worker.js';
import { transferLease } from './transfer-lease.js';
import type { WakeUp } from './wake-up.service.js';
import { type Opening, openingOf } from './way-opening.js';
import type { StandingWay } from './ways.service.js';

export interface SenderParts extends AttemptParts {
  readonly leases: LeaseStore;
  readonly wakeUp: WakeUp;
  readonly probe: CircuitProbe;
  readonly egress: EgressSwitch;
  readonly waiting: WaitingTransfers;
  readonly log: Log;
}

/** A transfer whose attempt broke down over something of ours is not taken up again before this, in milliseconds. */
const BROKEN_PAUSE_MS = 10_000;

/** Processes that look at the same moment each find the same; there is enough for so many. */
const LOOKERS = 4;

/** A way on which something may be done now. */
interface OpenWay extends StandingWay {
  readonly opening: Exclude<Opening, 'closed'>;
  readonly asksOnly: boolean;
}

/** The transfer's own lease, and its slot at the hub. */
type Held = readonly [HeldLease, HeldLease];

type Beginning = 'begun' | 'taken' | 'hub_full' | 'not_due';

interface Run {
  readonly watch: AttemptWatch;
  readonly done: Promise<void>;
}

/**
 * Finds transfers that wait to be sent, or that a worker left behind, and takes each as far as it goes. Any number of
 * processes may run it: a transfer is in the hands of whoever holds its lease.
 */
export class Sender {
  private readonly holder = `sender-${randomUUID()}`;
  private readonly running = new Map<string, Run>();
  /** When an attempt broke down, by transfer. */
  private readonly broken = new Map<string, number>();
  /** What was asked about while its hub's window was closed, by transfer: once is enough until it opens. */
  private readonly asked = new Map<string, string>();
  private stopping = false;
  private round: Promise<{ readonly begun: number }> = Promise.resolve({ begun: 0 });

  constructor(
    private readonly parts: SenderParts,
    private readonly config: SendingConfig,
  ) {}

  /** One round: begins what can be begun now. Rounds follow each other, or together they would begin too much. */
  runOnce(standing: readonly StandingWay[]): Promise<{ readonly begun: number }> {
    this.round = this.round.catch(() => undefined).then(() => this.beginAll(standing));
    return this.round;
  }

  private async beginAll(standing: readonly StandingWay[]): Promise<{ readonly begun: number }> {
    let free = this.config.concurrency - this.running.size;
    const isCalm = standing.every(({ circuit }) => circuit.status === 'closed');
    if (this.stopping || (free <= 0 && isCalm) || !(await this.parts.egress.state()).open) return { begun: 0 };
    this.parts.probe.askDue(standing);
    if (free <= 0) return { begun: 0 };
    const ways = this.openWays(standing);
    if (ways.size === 0) return { begun: 0 };
    this.forgetOld(ways);
    const busy = [...this.running.keys(), ...this.broken.keys(), ...this.asked.keys()];
    let begun = 0;
    for (const row of await this.parts.waiting.toSend([...ways.values()], busy, free * LOOKERS)) {
      if (free === 0) break;
      const way = ways.get(row.target_node_key);
      if (way === undefined) continue;
      const beginning = way.opening === 'trial' ? await this.beginTrial(row, way) : await this.begin(row, way);
      const isOver = beginning === 'hub_full' || beginning === 'not_due';
      if (isOver || (beginning === 'begun' && way.opening === 'trial')) ways.delete(row.target_node_key);
      if (beginning !== 'begun') continue;
      free -= 1;
      begun += 1;
    }
    return { begun };
  }

  /** The ways on which something may be done now, by hub. */
  private openWays(standing: readonly StandingWay[]): Map<string, OpenWay> {
    const ways = new Map<string, OpenWay>();
    for (const way of standing) {
      const opening = openingOf(way);
      if (opening === 'closed' || (opening === 'trial' && !this.parts.probe.mayTry(way))) continue;
      ways.set(way.target_node_key, { ...way, opening, asksOnly: opening === 'questions' });
    }
    return ways;
  }

  /** Attempts under way in this process. */
  get underway(): number {
    return this.running.size;
  }

  /** Nothing more can be begun in this process before an attempt ends. */
  get isFull(): boolean {
    return this.running.size >= this.config.concurrency;
  }

  /** When nothing runs any more in this process. */
  async idle(): Promise<void> {
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  /** Hands over at once: breaks running attempts off without a word, and gives their leases back. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { watch } of this.running.values()) watch.abort('stopping');
    await this.parts.probe.stop();
    await this.idle();
  }

  /** The turn is taken only where there is a transfer to try, and given back where it could not be begun. */
  private async beginTrial(row: WaitingTransfer, way: OpenWay): Promise<Beginning> {
    const giveBack = await this.parts.probe.takeTrial(way);
    if (giveBack === null) return 'not_due';
    const beginning = await this.begin(row, way);
    if (beginning !== 'begun') await giveBack();
    return beginning;
  }

  private async begin(row: WaitingTransfer, way: OpenWay): Promise<Beginning> {
    const held = await this.takeBoth(row, way.hub.limits.concurrency);
    if (typeof held === 'string') return held;
    const [lease, slot] = held;
    // Between two awaits the service may have been told to stop.
    if (this.stopping) {
      await this.giveBack(held);
      return 'hub_full';
    }
    crashPoint('sender-lease-taken');
    const watch = new AttemptWatch(this.parts, held, row);
    const done = this.run(row, lease, watch, way)
      .finally(() => this.giveBack([slot, lease]))
      .catch((error: unknown) => this.brokeDown(row, error))
      .finally(() => {
        this.running.delete(row.transfer_id);
        // Its place is free for another.
        this.parts.wakeUp.ring();
      });
    this.running.set(row.transfer_id, { watch, done });
    return 'begun';
  }

  /** Something of ours is missing, such as a secret: others go first, and this one is tried again after a while. */
  private brokeDown({ transfer_id }: WaitingTransfer, error: unknown): void {
    this.broken.set(transfer_id, performance.now());
    this.parts.log.error({ event: 'attempt_failed', transfer_id, ...errorFields(error) });
  }

  private forgetOld(ways: ReadonlyMap<string, OpenWay>): void {
    const now = performance.now();
    for (const [id, at] of this.broken) if (now - at > BROKEN_PAUSE_MS) this.broken.delete(id);
    for (const [id, nodeKey] of this.asked) if (ways.get(nodeKey)?.asksOnly !== true) this.asked.delete(id);
  }

  private async run(
    { transfer_id, target_node_key }: WaitingTransfer,
    { name, token }: HeldLease,
    watch: AttemptWatch,
    { opening, asksOnly }: OpenWay,
  ): Promise<void> {
    watch.start();
    try {
      const { signal, check } = watch;
      const lease = { name, token, signal, check, isTrial: opening === 'trial', asksOnly };
      const { status } = await new Attempt(this.parts, transfer_id, lease).run();
      if (asksOnly) this.asked.set(transfer_id, target_node_key);
      this.parts.log.info({ event: 'attempt_ended', transfer_id, state: status });
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      this.parts.log.warn({ event: 'lease_lost', transfer_id });
    } finally {
      await watch.stop();
    }
  }

  /** The transfer's lease and a slot at its hub: both or none. */
  private async takeBoth(row: WaitingTransfer, concurrency: number): Promise<Held | 'taken' | 'hub_full'> {
    // A holder of its own: two rounds at the same time must not both be given the lease.
    const holder = `${this.holder}:${randomUUID()}`;
    // From anywhere: the first numbers are taken wherever much is under way, and each look costs a commit.
    const first = randomInt(concurrency);
    const slotName = (tried: number) => `slot:${row.target_node_key}:${((first + tried) % concurrency) + 1}`;
    const [lease = null, firstSlot = null] = await this.take([transferLease(row.transfer_id), slotName(0)], holder);
    if (lease === null) {
      if (firstSlot !== null) await this.giveBack([firstSlot]);
      return 'taken';
    }
    // A hub's concurrency holds over all processes: each transfer under way has one of its numbered slots.
    let slot = firstSlot;
    for (let tried = 1; slot === null && tried < concurrency; tried += 1) {
      [slot = null] = await this.take([slotName(tried)], holder);
    }
    if (slot !== null) return [lease, slot];
    await this.giveBack([lease]);
    return 'hub_full';
  }

  private async take(names: readonly string[], holder: string): Promise<readonly (HeldLease | null)[]> {
    const ttlMs = this.config.leaseMs;
    const tokens = await this.parts.leases.takeEach(names, holder, ttlMs);
    return names.map((name, place) => {
      const token = tokens[place] ?? null;
      return token === null ? null : { name, token, ttlMs };
    });
  }

  private async giveBack(leases: readonly HeldLease[]): Promise<void> {
    await this.parts.leases.releaseEach(leases);
  }
}
