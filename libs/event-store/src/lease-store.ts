/** A lease as it was taken. */
export interface TakenLease {
  readonly name: string;
  readonly token: number;
}

/**
 * Leases with fencing tokens: of several workers one works, and one that lost its lease can record nothing more, since
 * its appends name a token that is not the lease's any longer. The clock is the store's own.
 */
export interface LeaseStore {
  /**
   * The token under which the lease is now held, or null where somebody else holds it. Taken when it is free, expired,
   * or held by the same holder; every taking makes a higher token, and with it the earlier ones void.
   */
  take(name: string, holder: string, ttlMs: number): Promise<number | null>;
  /**
   * As `take` for each of these names, in one step; what it took stays taken where others could not be. At most one of
   * them may be a fence of appends: an append holds on to its fences while it waits for others.
   */
  takeEach(names: readonly string[], holder: string, ttlMs: number): Promise<readonly (number | null)[]>;
  /** Holds it for `ttlMs` from now. False where the token is not the lease's any longer. */
  renew(name: string, token: number, ttlMs: number): Promise<boolean>;
  /** Gives it back before its time; without effect where the token is not the lease's any longer. */
  release(name: string, token: number): Promise<void>;
  /** As `release` for each, in one step, under the same condition as `takeEach`. */
  releaseEach(leases: readonly TakenLease[]): Promise<void>;
  /** Who holds it now, or null where it is free or expired. */
  holder(name: string): Promise<string | null>;
}
