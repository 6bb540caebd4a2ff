import { neverHarmAlwaysFinish, noUnorderedExit, nothingLeaks } from './end-checks.js';
import type { Check, Evidence, Violation } from './evidence.js';
import {
  appliedIsFound,
  askBeforeResend,
  bytesAreTheBytes,
  completedMeansVerified,
  eligibleAtTheMomentOfUse,
  mediaOnlyWhenAwaited,
  noEgressWithoutAuthority,
  oneLogicalTransfer,
} from './hub-checks.js';
import {
  attemptsAreFenced,
  auditIsComplete,
  busIsTheLog,
  effectsAreOnce,
  keysArePure,
  noLostNoPhantomIntent,
  onlyLegalTransitions,
  orderIsGapFree,
  retriesKeepTheirRules,
} from './log-checks.js';

/** Where an invariant is evaluated: by the checker over a whole run, or by a test that is named. */
export interface Invariant {
  readonly name: string;
  readonly claim: string;
  readonly check: Check | null;
  /** Where else, or instead, it is shown. */
  readonly elsewhere?: string;
}

export const INVARIANTS: readonly Invariant[] = [
  { name: 'I1', claim: 'No lost, no phantom intent', check: noLostNoPhantomIntent },
  { name: 'I2', claim: 'No egress without authority', check: noEgressWithoutAuthority },
  { name: 'I3', claim: 'Eligible at the moment of use', check: eligibleAtTheMomentOfUse },
  { name: 'I4', claim: 'One logical transfer', check: oneLogicalTransfer },
  { name: 'I5', claim: 'The key is a pure function', check: keysArePure },
  { name: 'I6', claim: 'Only legal transitions; views are folds', check: onlyLegalTransitions },
  { name: 'I7', claim: 'Completed means verified', check: completedMeansVerified },
  { name: 'I8', claim: 'Applied is found, not repeated', check: appliedIsFound },
  { name: 'I9', claim: 'Media only when awaited, intent first', check: mediaOnlyWhenAwaited },
  { name: 'I10', claim: 'The bytes are the bytes', check: bytesAreTheBytes },
  { name: 'I11', claim: 'The payload is frozen', check: null, elsewhere: 'checked with I10' },
  { name: 'I12', claim: 'Fencing', check: attemptsAreFenced },
  { name: 'I13', claim: 'Retry discipline', check: retriesKeepTheirRules },
  { name: 'I14', claim: 'Ask before re-send', check: askBeforeResend },
  { name: 'I15', claim: 'Gap-free order, whole chain', check: orderIsGapFree },
  { name: 'I16', claim: 'No lost update', check: null, elsewhere: 'libs/event-store races.int.spec; here I12 and I15' },
  { name: 'I17', claim: 'Outbox = stream', check: busIsTheLog },
  { name: 'I18', claim: 'Exactly-once effect', check: effectsAreOnce },
  {
    name: 'I19',
    claim: 'Broker amnesia costs nothing',
    check: null,
    elsewhere: 'I17 and I18 after wipe, rollback and lost consumers',
  },
  { name: 'I20', claim: 'Database interruption', check: noUnorderedExit },
  {
    name: 'I21',
    claim: 'Poison does not block',
    check: null,
    elsewhere: 'apps/proof outages.e2e.spec, libs/jetstream',
  },
  { name: 'I22', claim: 'The audit is complete', check: auditIsComplete },
  { name: 'I23', claim: 'Tampering is seen', check: null, elsewhere: 'apps/audit-service; here the chain (I15)' },
  { name: 'I24', claim: 'Nothing leaks', check: nothingLeaks },
  { name: 'I25', claim: 'Never harm the source; always finish', check: neverHarmAlwaysFinish },
];

/** Everything that does not hold. */
export function violationsOf(evidence: Evidence): readonly Violation[] {
  return INVARIANTS.flatMap(({ check }) => check?.(evidence) ?? []);
}
