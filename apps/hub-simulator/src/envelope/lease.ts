import { type Lease, type TransferJob } from '../transfer/transfer-job.js';

/** The states from which an upload may claim a job; hub contract 5.2. */
const CLAIMABLE: readonly string[] = ['awaiting_media', 'pending', 'retry_wait', 'failed', 'lost'];

/** Whether somebody else's upload holds the job, or nobody could. */
export function isBusy(job: TransferJob, now: string): boolean {
  return !CLAIMABLE.includes(job.transfer_status) && !hasExpired(job, now);
}

/** Whether an upload held the job and was never heard of again: the job is lost until the next one claims it. */
export function hasExpired(job: TransferJob, now: string): boolean {
  return job.transfer_status === 'running' && (job.lease === null || job.lease.expiresAt <= now);
}

/** The next hold on a job. */
export function nextLease(job: TransferJob, now: string, leaseMs: number): Lease {
  return { fencingToken: job.lastFencingToken + 1, expiresAt: later(now, leaseMs) };
}

/** A change that says a job is running: without a lease of its own it gets one, so that an upload seems to hold it. */
export function heldIfRunning(
  job: TransferJob,
  set: Partial<TransferJob>,
  now: string,
  leaseMs: number,
): Partial<TransferJob> {
  if (set.transfer_status !== 'running' || set.lease !== undefined) return set;
  const lease = nextLease(job, now, leaseMs);
  return { ...set, lease, lastFencingToken: lease.fencingToken };
}

/** A moment so much later, ISO 8601 in UTC. */
export function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
