import { crashPoint } from '@hub-export/environment';
import type { LeaseStore, TakenLease } from '@hub-export/event-store';
import type { Clock } from '../clock.js';
import type { SituatedIntent, Situations } from '../transfer/situation.service.js';
import type { AbortReason } from './hub-answer.js';

/** A lease that this process holds and renews. */
export interface HeldLease extends TakenLease {
  readonly ttlMs: number;
}

interface Moment {
  readonly steadyMs: number;
  readonly wallMs: number;
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
  private renewedAt: Moment;

  constructor(
    private readonly parts: {
      readonly leases: LeaseStore;
      readonly situations: Situations;
      readonly clock: Clock;
    },
    /** The transfer's own lease, and its slot at the hub. */
    private readonly leases: readonly [HeldLease, HeldLease],
    private readonly intent: SituatedIntent,
  ) {
    this.renewedAt = this.moment();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  start(): void {
    this.timer = setInterval(() => {
      // Also while a look hangs.
      this.check();
      this.looking ??= this.look().finally(() => (this.looking = null));
    }, LOOK_EVERY_MS);
  }

  /**
   * Whoever cannot prove that the lease is still held stops before somebody else begins. To be called before anything is
   * sent: a machine that was asleep wakes with a void lease and goes on in the middle of a body, before any timer.
   */
  readonly check = (): void => {
    if (this.sinceRenewal() > this.leases[0].ttlMs) this.abort('lease_lost');
  };

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
      const { egress, eligibility } = await this.parts.situations.standing(this.intent);
      if (!egress.open) return this.abort('egress_stopped');
      if (!eligibility.eligible) this.abort('ineligible');
    } catch {
      // The database is away; the next look tries again, as long as the lease lasts.
    }
  }

  private async renew(): Promise<void> {
    const [{ ttlMs }] = this.leases;
    if (this.sinceRenewal() < ttlMs / RENEWALS_A_LEASE) return;
    const before = this.moment();
    crashPoint('sender-lease-renewal');
    for (const { name, token } of this.leases) {
      if (!(await this.parts.leases.renew(name, token, ttlMs))) return this.abort('lease_lost');
    }
    this.renewedAt = before;
  }

  /** In milliseconds, by the clock that went further: one stands still in sleep, the other may be set back. */
  private sinceRenewal(): number {
    const now = this.moment();
    return Math.max(now.steadyMs - this.renewedAt.steadyMs, now.wallMs - this.renewedAt.wallMs);
  }

  private moment(): Moment {
    return { steadyMs: performance.now(), wallMs: this.parts.clock.now().getTime() };
  }
}
