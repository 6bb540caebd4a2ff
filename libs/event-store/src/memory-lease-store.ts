import type { LeaseStore, TakenLease } from './lease-store.js';

interface Lease {
  readonly token: number;
  readonly holder: string | null;
  readonly expiresAt: number;
}

/** Leases in memory, for tests; `clock` gives milliseconds. Passes the same suite as the one in PostgreSQL. */
export class MemoryLeaseStore implements LeaseStore {
  private readonly leases = new Map<string, Lease>();

  constructor(private readonly clock: () => number = Date.now) {}

  async take(name: string, holder: string, ttlMs: number): Promise<number | null> {
    const before = this.leases.get(name);
    const isTaken = before !== undefined && before.holder !== null && before.expiresAt > this.clock();
    if (isTaken && before.holder !== holder) return null;
    const token = (before?.token ?? 0) + 1;
    this.leases.set(name, { token, holder, expiresAt: this.clock() + ttlMs });
    return token;
  }

  takeEach(names: readonly string[], holder: string, ttlMs: number): Promise<readonly (number | null)[]> {
    return Promise.all(names.map((name) => this.take(name, holder, ttlMs)));
  }

  async renew(name: string, token: number, ttlMs: number): Promise<boolean> {
    const lease = this.heldUnder(name, token);
    if (lease !== null) this.leases.set(name, { ...lease, expiresAt: this.clock() + ttlMs });
    return lease !== null;
  }

  async release(name: string, token: number): Promise<void> {
    const lease = this.heldUnder(name, token);
    if (lease !== null) this.leases.set(name, { ...lease, holder: null });
  }

  async releaseEach(leases: readonly TakenLease[]): Promise<void> {
    await Promise.all(leases.map(({ name, token }) => this.release(name, token)));
  }

  async holder(name: string): Promise<string | null> {
    const lease = this.leases.get(name);
    return lease !== undefined && lease.expiresAt > this.clock() ? lease.holder : null;
  }

  /** What the memory store asks for a fenced append. */
  isHeldUnder(name: string, token: number): boolean {
    return this.heldUnder(name, token) !== null;
  }

  private heldUnder(name: string, token: number): Lease | null {
    const lease = this.leases.get(name);
    return lease !== undefined && lease.token === token && lease.holder !== null ? lease : null;
  }
}
