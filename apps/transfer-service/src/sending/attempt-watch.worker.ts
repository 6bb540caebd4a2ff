import { crashPoint } from '@hub-export/environment';
import type { LeaseStore } from '@hub-export/event-store';
import type { SituatedIntent, Situations } from '../transfer/situation.service.js';
import type { AbortReason } from './hub-answer.js';

/** A lease as it was taken. */
export interface HeldLease {
  readonly name: string;
  readonly token: number;
  readonly ttlMs: number;
}

/** How often a running attempt looks up, in milliseconds: well within the 2 s in which egress must stop. */
const LOOK_EVERY_MS = 500;
/** A lease is renewed this often within its life. */
const RENEWALS_A_LEASE = 3;

/**
 * Watches over one running attempt: renews its lease, and breaks it off when the lease is lost, egress is stopped, the
 * resource is no longer eligible, or the process ends.
 */
export class AttemptWatch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;
  private renewedAt = performance.now();

  constructor(
    private readonly parts: {
      readonly leases: LeaseStore;
      readonly situations: Situations;
    },
    /** The transfer's own lease, and its slot at the hub. */
    private readonly leases: readonly [HeldLease, HeldLease],
    private readonly intent: SituatedIntent,
  ) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  start(): void {
    this.timer = setInterval(() => {
      // Whoever cannot prove that the lease is still held stops before somebody else begins, also while a look hangs.
      if (performance.now() - this.renewedAt > this.leases[0].ttlMs) this.abort('lease_lost');
      this.looking ??= this.look().finally(() => (this.looking = null));
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  abort(reason: AbortReason): void {
    if (!this.controller.signal.aborted) this.controller.abort(reason);
  }

  private async look(): Promise<void> {
    if (this.controller.signal.aborted) return;
    try {
      await this.renew();
      const { egress, eligibility } = await this.parts.situations.of(this.intent);
      if (!egress.open) return this.abort('egress_stopped');
      if (!eligibility.eligible) this.abort('ineligible');
    } catch {
      // The database is away; the next look tries again, as long as the lease lasts.
    }
  }

  private async renew(): Promise<void> {
    const [{ ttlMs }] = this.leases;
    if (performance.now() - this.renewedAt < ttlMs / RENEWALS_A_LEASE) return;
    const before = performance.now();
    crashPoint('sender-lease-renewal');
    for (const { name, token } of this.leases) {
      if (!(await this.parts.leases.renew(name, token, ttlMs))) return this.abort('lease_lost');
    }
    this.renewedAt = before;
  }
}
