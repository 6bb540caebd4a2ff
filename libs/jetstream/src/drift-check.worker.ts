import { type Bus } from './bus.client.js';
import { BusUnavailable, ProvisioningError } from './bus-errors.js';
import type { Drift } from './drift.js';
import { provision, type Provisioned, type Wanted } from './provision.client.js';

/** "Config drift check at start and every 5 min" (security checklist, 45). In milliseconds. */
export const DRIFT_CHECK_EVERY_MS = 300_000;

export interface DriftReport {
  /** When the last check ended; ISO 8601. */
  readonly at: string;
  readonly ok: boolean;
  /** Why not: a ProvisioningCode, `bus_unavailable` or `bus_error`; null when all is well. */
  readonly code: string | null;
  /** What differed: mended where `ok`, in the way where not. */
  readonly drift: readonly Drift[];
}

/** Keeps the bus as it has to be: at start, at each reconnection, and on a timer. */
export class DriftCheck {
  private last: DriftReport | null = null;
  private timer: NodeJS.Timeout | undefined;
  private stopListening: (() => void) | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly bus: Bus,
    private readonly wanted: Wanted,
    private readonly everyMs = DRIFT_CHECK_EVERY_MS,
  ) {}

  start(): void {
    const check = (): void => void this.runOnce().catch(() => undefined);
    this.stopListening = this.bus.onReconnect(check);
    this.timer = setInterval(check, this.everyMs);
    if (this.bus.status().up) check();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopListening?.();
    await this.running.catch(() => undefined);
  }

  /** What the last check found; null before the first. */
  report(): DriftReport | null {
    return this.last;
  }

  /**
   * Checks and mends once; checks never overlap.
   * @throws ProvisioningError, BusUnavailable as `provision` and `connection` do; the report says so too.
   */
  runOnce(): Promise<Provisioned> {
    const run = this.running.catch(() => undefined).then(() => this.check());
    this.running = run;
    return run;
  }

  private async check(): Promise<Provisioned> {
    try {
      const done = await provision(await this.bus.connection(), this.wanted);
      this.last = { at: now(), ok: true, code: null, drift: done.mended };
      return done;
    } catch (error) {
      const drift = error instanceof ProvisioningError ? error.drift : [];
      this.last = { at: now(), ok: false, code: codeOf(error), drift };
      throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof ProvisioningError || error instanceof BusUnavailable ? error.code : 'bus_error';
}

function now(): string {
  return new Date().toISOString();
}
