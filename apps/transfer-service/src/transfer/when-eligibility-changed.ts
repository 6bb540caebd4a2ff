import type { Eligibility, Transfer } from '@hub-export/transfer-life';

/** What follows for a transfer when its resource became eligible or ineligible. */
export type EligibilityReaction = 'hold' | 'release' | 'queue_again' | 'nothing';

/**
 * "If the local state becomes ineligible after marking, the sender must refuse to queue or retry the transfer until the
 * resource becomes eligible again." Queued: held, never failed, and released by itself. Failed for that reason: queued
 * again by itself. A running attempt watches over its own eligibility.
 */
export function whenEligibilityChanged({ eligible }: Eligibility, transfer: Transfer): EligibilityReaction {
  if (transfer.status === 'queued') {
    const isHeld = transfer.progress.held.includes('ineligible');
    if (eligible && isHeld) return 'release';
    return eligible || isHeld ? 'nothing' : 'hold';
  }
  const waitsForSite = transfer.status === 'failed' && transfer.failure.failure_class === 'ineligible';
  return waitsForSite && eligible ? 'queue_again' : 'nothing';
}
