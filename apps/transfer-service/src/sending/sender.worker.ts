import { crashPoint } from '@hub-export/environment';
import { Fenced, type LeaseStore } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import { windowAt } from '@hub-export/transfer-life';
import { randomUUID } from 'node:crypto';
import type { SendingConfig } from '../config.js';
import type { EgressSwitch } from '../egress/egress.service.js';
import type { Nodes } from '../node/nodes.service.js';
import type { TransferRow } from '../overview/transfer-row.js';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import { AttemptWatch, type HeldLease } from './attempt-watch.worker.js';
import { Attempt, type AttemptParts } from './attempt.worker.js';

export interface SenderParts extends AttemptParts {
  readonly leases: LeaseStore;
  readonly nodes: Nodes;
  readonly egress: EgressSwitch;
  readonly waiting: WaitingTransfers;
  readonly log: Log;
}

/** Transfers looked at in one round. */
const ROUND_MAX = 50;
/** A transfer whose attempt broke down over something of ours is not taken up again before this, in milliseconds. */
const BROKEN_PAUSE_MS = 10_000;

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
  runOnce(): Promise<{ readonly begun: number }> {
    this.round = this.round.catch(() => undefined).then(() => this.beginAll());
    return this.round;
  }

  private async beginAll(): Promise<{ readonly begun: number }> {
    let free = this.config.concurrency - this.running.size;
    if (this.stopping || free <= 0 || !(await this.parts.egress.state()).open) return { begun: 0 };
    this.forgetBroken();
    const full = new Set<string>();
    let begun = 0;
    for (const row of await this.parts.waiting.toSend(ROUND_MAX)) {
      if (free === 0) break;
      if (full.has(row.target_node_key) || this.running.has(row.transfer_id) || this.broken.has(row.transfer_id))
        continue;
      const beginning = await this.begin(row);
      if (beginning === 'hub_full') full.add(row.target_node_key);
      if (beginning !== 'begun') continue;
      free -= 1;
      begun += 1;
    }
    return { begun };
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
    await this.idle();
  }

  private async begin(row: TransferRow): Promise<'begun' | 'taken' | 'hub_full'> {
    const concurrency = await this.concurrencyOf(row.target_node_key);
    if (concurrency === null) return 'hub_full';
    // A holder of its own: two rounds at the same time must not both be given the lease.
    const lease = await this.take(`transfer:${row.transfer_id}`, `${this.holder}:${randomUUID()}`);
    if (lease === null) return 'taken';
    const slot = await this.takeSlot(row, concurrency);
    // Between two awaits the service may have been told to stop.
    if (slot === null || this.stopping) {
      await this.giveBack(slot === null ? [lease] : [slot, lease]);
      return 'hub_full';
    }
    crashPoint('sender-lease-taken');
    const watch = new AttemptWatch(this.parts, [lease, slot], row);
    const done = this.run(row, lease, watch)
      .finally(() => this.giveBack([slot, lease]))
      .catch((error: unknown) => this.brokeDown(row, error))
      .finally(() => this.running.delete(row.transfer_id));
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

  private async run({ transfer_id }: TransferRow, { name, token }: HeldLease, watch: AttemptWatch): Promise<void> {
    watch.start();
    try {
      const { status } = await new Attempt(this.parts, transfer_id, { name, token, signal: watch.signal }).run();
      this.parts.log.info({ event: 'attempt_ended', transfer_id, state: status });
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      this.parts.log.warn({ event: 'lease_lost', transfer_id });
    } finally {
      await watch.stop();
    }
  }

  /** How many transfers the hub takes at once, or `null` where nothing may be begun with it now. */
  private async concurrencyOf(nodeKey: string): Promise<number | null> {
    const known = (await this.parts.nodes.all()).find(({ facts }) => facts.node_key === nodeKey);
    if (known === undefined || !known.facts.is_active) return null;
    const document = await this.parts.nodes.documentOf(known.facts);
    if (document.role !== 'central_hub') return null;
    const { windows, concurrency } = document.limits;
    const { timeZone } = this.config;
    return windowAt({ windows, timeZone }, this.parts.clock.now().toISOString()).open ? concurrency : null;
  }

  /** A hub's concurrency holds over all processes: each transfer under way has one of its numbered slots. */
  private async takeSlot(
    { target_node_key, transfer_id }: TransferRow,
    concurrency: number,
  ): Promise<HeldLease | null> {
    for (let number = 1; number <= concurrency; number += 1) {
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
    for (const { name, token } of leases) await this.parts.leases.release(name, token);
  }
}
