import type { Evidence, Violation } from '../checker/evidence.js';
import {
  appliedIsFound,
  askBeforeResend,
  bytesAreTheBytes,
  completedMeansVerified,
  eligibleAtTheMomentOfUse,
  mediaOnlyWhenAwaited,
  noEgressWithoutAuthority,
  oneLogicalTransfer,
} from '../checker/hub-checks.js';
import {
  attemptsAreFenced,
  keysArePure,
  onlyLegalTransitions,
  orderIsGapFree,
  retriesKeepTheirRules,
  violation,
} from '../checker/log-checks.js';
import { seeded } from '../plan/random.js';
import { SimulatedSite } from './life.worker.js';
import { SIMULATED_RETRY } from './sender-parts.worker.js';

/** Every simulated life has at least so many steps of trouble. */
export const TROUBLED_STEPS = 250;
const STEPS_MAX = 6_000;

export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly steps: number;
  readonly events: number;
  readonly requests: number;
  readonly completed: number;
  readonly history: () => string;
}

const CHECKS = [
  noEgressWithoutAuthority,
  eligibleAtTheMomentOfUse,
  oneLogicalTransfer,
  keysArePure,
  onlyLegalTransitions,
  completedMeansVerified,
  appliedIsFound,
  mediaOnlyWhenAwaited,
  bytesAreTheBytes,
  attemptsAreFenced,
  retriesKeepTheirRules,
  askBeforeResend,
  orderIsGapFree,
];

/** One life from one seed, and what of it must not be. */
export async function simulate(seed: number): Promise<SeedResult> {
  const site = new SimulatedSite(seeded(seed));
  await site.live(TROUBLED_STEPS, STEPS_MAX);
  const evidence = evidenceOf(site);
  const violations = CHECKS.flatMap((check) => check(evidence));
  const stuck = site.isOver() ? [] : [violation('I25', 'simulation', 'it did not come to an end')];
  const defects = site.ground.defects.map((what) => violation('defect', 'simulation', what));
  const { events, requests } = evidence;
  return {
    seed,
    violations: [...violations, ...stuck, ...defects],
    steps: site.ground.world.steps,
    events: events.length,
    requests: requests.length,
    completed: events.filter(({ type }) => type === 'TransferCompleted').length,
    history: () => site.history(),
  };
}

/** What can be seen of a simulated life when it is over. */
export function evidenceOf(site: SimulatedSite): Evidence {
  const { hub, intents } = site.ground;
  return {
    events: site.events(),
    journal: hub.journal,
    requests: hub.stories,
    bus: [],
    orders: [],
    probes: [],
    expectations: intents.map(({ transfer_key: transferKey, transfer_id: transferId, resource_hash: resourceHash }) => {
      const hubLies = hub.lied.has(transferKey);
      return { transferKey, transferId, resourceHash, mediaSha256: '', end: 'any', hubLies, cell: 'simulation' };
    }),
    views: {} as Evidence['views'],
    audit: { entries: [], contiguousTo: 0, findings: [], answers: new Map() },
    told: [],
    canaries: [],
    media: { before: new Map(), after: new Map() },
    stagedFor: [],
    leasesHeld: [],
    unorderedExits: [],
    retry: SIMULATED_RETRY,
  };
}
