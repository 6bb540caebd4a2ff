import {
  ANONYMIZATION_STATES,
  ELIGIBLE_STATES,
  HUB_PROFILES,
  SEGMENT_STATES,
  type TransferEvent,
  type ResourceFacts,
} from '@hub-export/contracts';
import fc from 'fast-check';
import { fold, Refusal } from '@hub-export/event-sourcing';
import { egressDecider } from './egress.js';
import { eligibilityOf, type EligibilityTerms } from './eligibility.js';
import { type Gate, type GateFacts, type GateName, gatesOf } from './gates.js';
import { readinessOf } from './readiness.js';
import type { Resource } from './resource.js';
import { AT, BY, failed, held, LATER, LIVES, marked, QUEUE, START_REGISTRATION } from './testing/lives.js';
import {
  HUB,
  readinessFacts,
  resource,
  SITE,
  TERMS,
  UNKNOWN_RESOURCE,
  VIDEO,
  WITHDRAWN_RESOURCE,
} from './testing/resources.js';
import { transferDecider } from './transfer.js';

const ORDER: readonly GateName[] = [
  'known',
  'in_scope',
  'anonymized',
  'complete',
  'marked',
  'queued',
  'node_ready',
  'hub_reachable',
  'egress_open',
  'window_open',
  'not_held',
];
const ABOUT_THE_RESOURCE = ORDER.slice(0, 4);

/** All gates are open, but for what is said otherwise. */
function gateFacts(changes: Partial<GateFacts> = {}, terms: EligibilityTerms = TERMS): GateFacts {
  const of = changes.resource ?? resource();
  return {
    resource: of,
    eligibility: eligibilityOf(of, terms),
    transfer: fold(transferDecider, LIVES.queued),
    readiness: readinessOf(readinessFacts(), 'hub'),
    hubReachable: { reachable: true, code: null, since: AT },
    egress: egressDecider.initialState,
    window: { open: true, opensAt: null },
    ...changes,
  };
}

function closed(gates: readonly Gate[]): readonly [GateName, string | null][] {
  return gates.filter(({ passed }) => !passed).map(({ gate, code }) => [gate, code]);
}

function withFacts(changes: Partial<ResourceFacts>): Partial<GateFacts> {
  return { resource: resource({ ...VIDEO, ...changes }) };
}

/** The transfer with this history. */
function after(...life: readonly TransferEvent[]): Partial<GateFacts> {
  return { transfer: fold(transferDecider, life) };
}

describe('the gates', () => {
  it('stand in the order in which they are passed', () => {
    expect(gatesOf(gateFacts()).map(({ gate }) => gate)).toEqual(ORDER);
  });

  it('are all open when nothing stands in the way, and ask nothing of anybody', () => {
    const gates = gatesOf(gateFacts());
    expect(closed(gates)).toEqual([]);
    for (const gate of gates) expect(gate).toMatchObject({ code: null, remedy: '', who: null });
  });

  it.each<[GateName, string, string, Partial<GateFacts>]>([
    ['in_scope', 'center_out_of_scope', 'site', withFacts({ center_key: 'center-b' })],
    ['in_scope', 'center_missing', 'site', withFacts({ center_key: null })],
    ['anonymized', 'not_anonymized', 'site', withFacts({ anonymization_state: 'STARTED' })],
    ['anonymized', 'anonymization_state_unknown', 'site', withFacts({ anonymization_state: 'UNKNOWN' })],
    ['anonymized', 'processing_error', 'site', withFacts({ processing_error: true })],
    ['complete', 'hashes_inconsistent', 'site', withFacts({ hashes_consistent: false })],
    ['complete', 'content_incomplete', 'site', withFacts({ content_complete: false })],
    ['complete', 'pseudonyms_missing', 'site', withFacts({ patient_hash: null })],
    ['complete', 'segment_cleanup_pending', 'site', withFacts({ segment_status: 'cleanup_running' })],
    ['complete', 'segment_cleanup_failed', 'site', withFacts({ segment_status: 'cleanup_failed' })],
    ['queued', 'not_queued', 'operator', after(marked)],
    ['queued', 'connection_refused', 'nobody', after(...LIVES.failed)],
    ['queued', 'connection_refused', 'operator', after(...LIVES.registering, failed(1, 'integrity'))],
    ['node_ready', 'source_center_scope', 'operations', notReady()],
    ['hub_reachable', 'connect_timeout', 'operations', unreachableHub()],
    ['egress_open', 'egress_stopped', 'operations', { egress: { open: false, since: AT, by: BY } }],
    ['window_open', 'outside_window', 'nobody', { window: { open: false, opensAt: AT } }],
    ['not_held', 'held', 'operator', after(...LIVES.queued, held)],
    ['not_held', 'ineligible', 'site', after(...LIVES.queued, { ...held, reason: 'ineligible' })],
  ])('%s closes alone: %s, for %s to open', (name, code, who, changes) => {
    const gates = gatesOf(gateFacts(changes));
    expect(closed(gates)).toEqual([[name, code]]);
    const gate = gates.find(({ passed }) => !passed);
    expect(gate?.who).toBe(who);
    expect(gate?.remedy).toMatch(/\.$/);
  });

  it('say what the hub does not take, before it is marked', () => {
    const terms: EligibilityTerms = { ...TERMS, acceptedStates: ['VALIDATED'] };
    const facts = gateFacts(withFacts({ anonymization_state: 'ANONYMIZED' }), terms);
    expect(closed(gatesOf(facts))).toEqual([['anonymized', 'state_not_accepted_by_hub']]);
  });

  it('are closed at mark and queue while no intent exists', () => {
    expect(closed(gatesOf(gateFacts(after())))).toEqual([
      ['marked', 'not_marked'],
      ['queued', 'not_queued'],
    ]);
  });

  it.each<[string, Resource]>([
    ['unknown_resource', UNKNOWN_RESOURCE],
    ['resource_withdrawn', WITHDRAWN_RESOURCE],
  ])('claim nothing of a resource that is not there (%s)', (code, gone) => {
    expect(closed(gatesOf(gateFacts({ resource: gone })))).toEqual(ABOUT_THE_RESOURCE.map((name) => [name, code]));
  });

  it('do not close for a hub that was not tried yet', () => {
    expect(closed(gatesOf(gateFacts({ hubReachable: null })))).toEqual([]);
  });

  it("name the operator's hold before the site's, since it needs a person", () => {
    const both = after(...LIVES.queued, { ...held, reason: 'ineligible' }, held);
    expect(closed(gatesOf(gateFacts(both)))).toEqual([['not_held', 'held']]);
  });

  it.each(['queued', 'registering', 'awaiting_media', 'uploading', 'completed'] as const)(
    'are open for a transfer that is %s',
    (status) => {
      expect(closed(gatesOf(gateFacts(after(...LIVES[status]))))).toEqual([]);
    },
  );

  it('tell whether a failed transfer comes back by itself, and when', () => {
    const remedy = (life: Partial<GateFacts>) => gatesOf(gateFacts(life)).find(({ gate }) => gate === 'queued')?.remedy;
    expect(remedy(after(...LIVES.failed))).toBe('It is tried again by itself.');
    expect(remedy(after(...LIVES.registering, failed(1, 'ineligible')))).toBe(
      'It is tried again by itself when it is eligible again.',
    );
    expect(remedy(after(...LIVES.registering, failed(1, 'configuration')))).toBe('Mend the cause, then retry it.');
  });

  it('say that the automatic attempts are used up, rather than what the last of them met', () => {
    const exhausted = failed(1, 'transient', { retryable: false, retries_exhausted: true, not_before: null });
    const gate = gatesOf(gateFacts(after(...LIVES.registering, exhausted))).find(({ passed }) => !passed);
    expect(gate).toMatchObject({ gate: 'queued', code: 'retries_exhausted', who: 'operator' });
  });

  it('tell since when they stand so, where it is known', () => {
    const gates = gatesOf(gateFacts({ egress: { open: false, since: LATER, by: BY } }));
    expect(gates.find(({ gate }) => gate === 'egress_open')?.since).toBe(LATER);
    expect(gates.find(({ gate }) => gate === 'queued')?.since).toBe(AT);
    expect(gates.find(({ gate }) => gate === 'node_ready')?.since).toBeNull();
  });
});

describe('the gates agree with what decides', () => {
  const facts: fc.Arbitrary<ResourceFacts> = fc
    .record({
      center_key: fc.constantFrom(null, 'center-a', 'center-a', 'center-b'),
      anonymization_state: fc.constantFrom(...ANONYMIZATION_STATES, 'VALIDATED', 'VALIDATED', 'VALIDATED'),
      processing_error: oftenNot(),
      hashes_consistent: oftenNot().map((broken) => !broken),
      content_complete: oftenNot().map((broken) => !broken),
      processed_media: oftenNot().map((missing) => ({ ...VIDEO.processed_media, present: !missing })),
      segment_status: fc.constantFrom(null, ...SEGMENT_STATES, 'validated', 'validated'),
      patient_hash: oftenNot().map((missing) => (missing ? null : VIDEO.patient_hash)),
    })
    .map((changes) => ({ ...VIDEO, ...changes }));
  const resources = fc.oneof(
    { weight: 8, arbitrary: facts.map(resource) },
    { weight: 1, arbitrary: fc.constantFrom(UNKNOWN_RESOURCE, WITHDRAWN_RESOURCE) },
  );
  const terms = fc.record({
    centerScope: fc.constantFrom(['center-a'], ['center-a', 'center-b'], []),
    owningCenter: oftenNot().map((other) => (other ? 'center-b' : 'center-a')),
    acceptedStates: fc.subarray([...ELIGIBLE_STATES]),
    profile: fc.constantFrom(...HUB_PROFILES),
  });

  it('a marked transfer whose gates before `queued` are open can be queued, and no other', () => {
    const seen = { queued: 0, refused: 0 };
    const transfer = fold(transferDecider, [marked]);
    fc.assert(
      fc.property(resources, terms, (of, under) => {
        const asked = gateFacts({ resource: of, transfer }, under);
        const open = gatesOf(asked)
          .slice(0, ORDER.indexOf('queued'))
          .every(({ passed }) => passed);
        const code = refusalOf(() =>
          transferDecider.decide(QUEUE('operator', { eligibility: asked.eligibility }), transfer),
        );
        expect(code === null).toBe(open);
        seen[open ? 'queued' : 'refused'] += 1;
      }),
      { numRuns: 2000, seed: 5 },
    );
    expect(Math.min(seen.queued, seen.refused)).toBeGreaterThan(10);
  });

  it('what is refused as ineligible is told by one of the first four gates, with the same code', () => {
    fc.assert(
      fc.property(resources, terms, (of, under) => {
        const asked = gateFacts({ resource: of }, under);
        const codes = gatesOf(asked)
          .slice(0, ABOUT_THE_RESOURCE.length)
          .flatMap(({ passed, code }) => (passed ? [] : [code]));
        if (asked.eligibility.eligible) expect(codes).toEqual([]);
        else expect(codes).toContain(asked.eligibility.reasons[0].code);
      }),
      { numRuns: 1000 },
    );
  });

  it('a queued transfer is dispatched exactly while the gates of the resource and of the hold are open', () => {
    const hold = fc.subarray<TransferEvent>([held, { ...held, reason: 'ineligible' }]);
    fc.assert(
      fc.property(resources, terms, hold, (of, under, holds) => {
        const transfer = fold(transferDecider, [...LIVES.queued, ...holds]);
        const asked = gateFacts({ resource: of, transfer }, under);
        const code = refusalOf(() => transferDecider.decide(START_REGISTRATION(asked.eligibility), transfer));
        expect(code === null).toBe(closed(gatesOf(asked)).length === 0);
      }),
      { numRuns: 500 },
    );
  });
});

/** Mostly false, so that a resource is not closed in by everything at once. */
function oftenNot(): fc.Arbitrary<boolean> {
  return fc.constantFrom(false, false, false, false, false, true);
}

function notReady(): Partial<GateFacts> {
  return { readiness: readinessOf(readinessFacts([{ ...SITE, center_scope: [] }, HUB]), 'hub') };
}

function unreachableHub(): Partial<GateFacts> {
  return { hubReachable: { reachable: false, code: 'connect_timeout', since: AT } };
}

function refusalOf(decide: () => unknown): string | null {
  try {
    decide();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
