import { crashPoint } from '@hub-export/environment';
import { Fenced, type LeaseStore } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import { randomInt, randomUUID } from 'node:crypto';
import type { SendingConfig } from '../config.js';
import type { EgressSwitch } from '../egress/egress.service.js';
import type { TransferRow } from '../overview/transfer-row.js';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import { AttemptWatch, type HeldLease } from './attempt-watch.worker.js';
import { Attempt, type AttemptParts } from './attempt.worker.js';
import type { CircuitProbe } from './circuit-probe.worker.js';
import type { WakeUp } from './wake-up.service.js';
import type { StandingWay } from './ways.service.js';

export interface SenderParts extends AttemptParts {
  readonly leases: LeaseStore;
  readonly wakeUp: WakeUp;
  readonly probe: CircuitProbe;
  readonly egress: EgressSwitch;
  readonly waiting: WaitingTransfers;
  readonly log: Log;
}

/** Transfers looked at in one round. */
const ROUND_MAX = 50;
/** A transfer whose attempt broke down over something of ours is not taken up again before this, in milliseconds. */
const BROKEN_PAUSE_MS = 10_000;

/** A way on which transfers begin now. */
interface OpenWay extends StandingWay {
  /** Its circuit is open, and one transfer finds out whether it may close. */
  readonly isTrial: boolean;
}

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
    if (this.stopping || !(await this.parts.egress.state()).open) return { begun: 0 };
    this.parts.probe.askDue(standing);
    let free = this.config.concurrency - this.running.size;
    if (free <= 0) return { begun: 0 };
    const ways = await this.openWays(standing);
    if (ways.size === 0) return { begun: 0 };
    this.forgetBroken();
    const busy = [...this.running.keys(), ...this.broken.keys()];
    let begun = 0;
    for (const row of await this.parts.waiting.toSend([...ways.values()], busy, ROUND_MAX)) {
      if (free === 0) break;
      const way = ways.get(row.target_node_key);
      if (way === undefined) continue;
      const beginning = await this.begin(row, way);
      if (beginning === 'hub_full' || (beginning === 'begun' && way.isTrial)) ways.delete(row.target_node_key);
      if (beginning !== 'begun') continue;
      free -= 1;
      begun += 1;
    }
    return { begun };
  }

  /** The ways on which something may begin now, by hub. One closed by its circuit may be open to a single trial. */
  private async openWays(standing: readonly StandingWay[]): Promise<Map<string, OpenWay>> {
    const ways = new Map<string, OpenWay>();
    for (const way of standing) {
      if (!way.ready || !way.windowOpen) continue;
      const isTrial = way.circuit.status === 'open';
      if (isTrial && !(await this.parts.probe.isTrialDue(way))) continue;
      ways.set(way.target_node_key, { ...way, isTrial });
    }
    return ways;
  }

  /** Attempts under way in this process. */
  get underway(): number {
    return this.running.size;
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

  /** The slot comes first: where the hub is full, nothing is spent on any of the transfers that wait for it. */
  private async begin(row: TransferRow, way: OpenWay): Promise<'begun' | 'taken' | 'hub_full'> {
    const slot = await this.takeSlot(row, way.hub.limits.concurrency);
    if (slot === null) return 'hub_full';
    // A holder of its own: two rounds at the same time must not both be given the lease.
    const lease = await this.take(`transfer:${row.transfer_id}`, `${this.holder}:${randomUUID()}`);
    // Between two awaits the service may have been told to stop.
    if (lease === null || this.stopping) {
      await this.giveBack(lease === null ? [slot] : [slot, lease]);
      return lease === null ? 'taken' : 'hub_full';
    }
    crashPoint('sender-lease-taken');
    const watch = new AttemptWatch(this.parts, [lease, slot], row);
    const done = this.run(row, lease, watch, way.isTrial)
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
  private brokeDown({ transfer_id }: TransferRow, error: unknown): void {
    this.broken.set(transfer_id, performance.now());
    this.parts.log.error({ event: 'attempt_failed', transfer_id, ...errorFields(error) });
  }

  private forgetBroken(): void {
    const now = performance.now();
    for (const [id, at] of this.broken) if (now - at > BROKEN_PAUSE_MS) this.broken.delete(id);
  }

  private async run(
    { transfer_id }: TransferRow,
    { name, token }: HeldLease,
    watch: AttemptWatch,
    isTrial: boolean,
  ): Promise<void> {
    watch.start();
    try {
      const lease = { name, token, signal: watch.signal, isTrial };
      const { status } = await new Attempt(this.parts, transfer_id, lease).run();
      this.parts.log.info({ event: 'attempt_ended', transfer_id, state: status });
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      this.parts.log.warn({ event: 'lease_lost', transfer_id });
    } finally {
      await watch.stop();
    }
  }

  /** A hub's concurrency holds over all processes: each transfer under way has one of its numbered slots. */
  private async takeSlot(
    { target_node_key, transfer_id }: TransferRow,
    concurrency: number,
  ): Promise<HeldLease | null> {
    // From anywhere: the first numbers are taken wherever much is under way, and each look costs a commit.
    const first = randomInt(concurrency);
    for (let tried = 0; tried < concurrency; tried += 1) {
      const number = ((first + tried) % concurrency) + 1;
      const slot = await this.take(`slot:${target_node_key}:${number}`, `${this.holder}:${transfer_id}`);
      if (slot !== null) return slot;
    }
    return null;
  }

  private async take(name: string, holder: string): Promise<HeldLease | null> {
    const ttlMs = this.config.leaseMs;
    const token = await this.parts.leases.take(name, holder, ttlMs);
    return token === null ? null : { name, token, ttlMs };
  }

  private async giveBack(leases: readonly HeldLease[]): Promise<void> {
    await Promise.all(leases.map(({ name, token }) => this.parts.leases.release(name, token)));
  }
}
