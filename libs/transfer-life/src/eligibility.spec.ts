import {
  ANONYMIZATION_STATES,
  type AnonymizationState,
  anonymizationStateOf,
  ELIGIBLE_STATES,
  HUB_PROFILES,
  SEGMENT_STATES,
  type ResourceFacts,
} from '@hub-export/contracts';
import fc from 'fast-check';
import { eligibilityOf, type EligibilityTerms, type IneligibilityCode } from './eligibility.js';
import { REPORT, resource, TERMS, UNKNOWN_RESOURCE, VIDEO, WITHDRAWN_RESOURCE } from './testing/resources.js';

type Changes = Partial<ResourceFacts>;

function codesOf(facts: ResourceFacts, terms: EligibilityTerms = TERMS): readonly IneligibilityCode[] {
  const verdict = eligibilityOf(resource(facts), terms);
  return verdict.eligible ? [] : verdict.reasons.map(({ code }) => code);
}

describe('a resource is eligible', () => {
  it('when all conditions are met, be it a video or a report', () => {
    expect(codesOf(VIDEO)).toEqual([]);
    expect(codesOf(REPORT)).toEqual([]);
  });

  it.each(['ANONYMIZED', 'DONE_PROCESSING_ANONYMIZATION', 'VALIDATED'] as const)('in the state %s', (state) => {
    expect(codesOf({ ...VIDEO, anonymization_state: state })).toEqual([]);
    expect(codesOf({ ...REPORT, anonymization_state: state })).toEqual([]);
  });

  it('and the verdict names the version it speaks of', () => {
    expect(eligibilityOf(resource(), TERMS)).toEqual({ eligible: true, resourceVersion: 1 });
    expect(eligibilityOf(WITHDRAWN_RESOURCE, TERMS)).toMatchObject({ eligible: false, resourceVersion: 2 });
  });
});

describe('a resource is not eligible', () => {
  it.each(['NOT_STARTED', 'STARTED', 'EXTRACTING_FRAMES', 'PROCESSING_ANONYMIZING', 'FAILED'] as const)(
    'in the state %s',
    (state) => {
      expect(codesOf({ ...VIDEO, anonymization_state: state })).toEqual(['not_anonymized']);
      expect(codesOf({ ...REPORT, anonymization_state: state })).toEqual(['not_anonymized']);
    },
  );

  it('in a state that is not known', () => {
    expect(codesOf({ ...VIDEO, anonymization_state: 'UNKNOWN' })).toEqual(['anonymization_state_unknown']);
  });

  it('when the site never reported it, or took it back', () => {
    const codes = [UNKNOWN_RESOURCE, WITHDRAWN_RESOURCE].map((state) => {
      const verdict = eligibilityOf(state, TERMS);
      return verdict.eligible ? [] : verdict.reasons.map(({ code }) => code);
    });
    expect(codes).toEqual([['unknown_resource'], ['resource_withdrawn']]);
  });

  it('under a mark that names another center than its own now', () => {
    const terms = { ...TERMS, centerScope: ['center-a', 'center-b'] };
    expect(codesOf(VIDEO, { ...terms, markedCenter: 'center-a' })).toEqual([]);
    expect(codesOf({ ...VIDEO, center_key: 'center-b' }, { ...terms, markedCenter: 'center-a' })).toEqual([
      'center_changed',
    ]);
  });

  const { processed_media: media } = VIDEO;
  it.each<[string, Changes, IneligibilityCode]>([
    ['it belongs to no center', { center_key: null }, 'center_missing'],
    ['its center is out of scope', { center_key: 'center-b' }, 'center_out_of_scope'],
    ['its center only begins like one in scope', { center_key: 'center-a2' }, 'center_out_of_scope'],
    ['its processing ended with an error', { processing_error: true }, 'processing_error'],
    ['there is no processed media', { processed_media: { ...media, present: false } }, 'processed_media_missing'],
    ['its media has no hash', { processed_media: { ...media, sha256: null } }, 'processed_media_facts_missing'],
    ['its media has no size', { processed_media: { ...media, size: null } }, 'processed_media_facts_missing'],
    ['its media is empty', { processed_media: { ...media, size: 0 } }, 'processed_media_facts_missing'],
    ['its hashes contradict each other', { hashes_consistent: false }, 'hashes_inconsistent'],
    ['its text or facts are missing', { content_complete: false }, 'content_incomplete'],
    ['the patient has no pseudonym', { patient_hash: null }, 'pseudonyms_missing'],
    ['the examination has no pseudonym', { examination_hash: null }, 'pseudonyms_missing'],
    ['segments await clean-up', { segment_status: 'cleanup_required' }, 'segment_cleanup_pending'],
    ['their clean-up is queued', { segment_status: 'cleanup_queued' }, 'segment_cleanup_pending'],
    ['their clean-up runs', { segment_status: 'cleanup_running' }, 'segment_cleanup_pending'],
    ['their clean-up failed', { segment_status: 'cleanup_failed' }, 'segment_cleanup_failed'],
  ])('when %s', (_claim, changes, code) => {
    expect(codesOf({ ...VIDEO, ...changes })).toEqual([code]);
  });

  it('when the hub takes other states only, with a reason of its own', () => {
    const terms: EligibilityTerms = { ...TERMS, acceptedStates: ['VALIDATED'] };
    expect(codesOf({ ...VIDEO, anonymization_state: 'ANONYMIZED' }, terms)).toEqual(['state_not_accepted_by_hub']);
    expect(codesOf(VIDEO, terms)).toEqual([]);
  });

  it('while the site node has no center scope', () => {
    expect(codesOf(VIDEO, { ...TERMS, centerScope: [] })).toEqual(['center_out_of_scope']);
  });

  it.each(HUB_PROFILES)('when its center does not own the site node, where the hub asks for that (%s)', (profile) => {
    const terms = { ...TERMS, profile, centerScope: ['center-a', 'center-b'] };
    const codes = [{ ...terms, owningCenter: 'center-b' }, { ...terms, owningCenter: null }, terms].map((under) =>
      codesOf(VIDEO, under),
    );
    const refused = profile === 'endoreg-2.0' ? [] : ['center_not_of_node'];
    expect(codes).toEqual([refused, refused, []]);
  });

  it('for several reasons at once, all of them told in one order', () => {
    const facts: ResourceFacts = {
      ...VIDEO,
      center_key: null,
      anonymization_state: 'ANONYMIZED',
      processing_error: true,
      processed_media: { ...media, present: false },
      hashes_consistent: false,
      content_complete: false,
      patient_hash: null,
      segment_status: 'cleanup_failed',
    };
    expect(codesOf(facts, { ...TERMS, acceptedStates: ['VALIDATED'] })).toEqual([
      'center_missing',
      'state_not_accepted_by_hub',
      'processing_error',
      'processed_media_missing',
      'hashes_inconsistent',
      'content_incomplete',
      'pseudonyms_missing',
      'segment_cleanup_failed',
    ]);
  });
});

describe('pseudonyms', () => {
  it.each(HUB_PROFILES)('are never taken by halves (%s)', (profile) => {
    expect(codesOf({ ...VIDEO, patient_hash: null }, { ...TERMS, profile })).toEqual(['pseudonyms_missing']);
  });

  it('may both be missing for contract 2.0, and for no later one', () => {
    const none: ResourceFacts = { ...VIDEO, patient_hash: null, examination_hash: null };
    const eligible = HUB_PROFILES.filter((profile) => codesOf(none, { ...TERMS, profile }).length === 0);
    expect(eligible).toEqual(['endoreg-2.0']);
  });
});

describe('segments', () => {
  it.each(['validated', 'not_started', null] as const)('of a video do not stand in the way when %s', (status) => {
    expect(codesOf({ ...VIDEO, segment_status: status })).toEqual([]);
  });

  it('are no matter of a report', () => {
    for (const segment_status of SEGMENT_STATES) expect(codesOf({ ...REPORT, segment_status })).toEqual([]);
  });
});

describe("the site's spellings of a state", () => {
  it('are taken in any case', () => {
    const eligible = ['validated', 'Validated', 'anonymized', 'done_processing_anonymization', 'VALIDATED'];
    for (const word of eligible)
      expect(codesOf({ ...VIDEO, anonymization_state: anonymizationStateOf(word) })).toEqual([]);
  });

  it('of work under way are one state, and not eligible', () => {
    const words = [
      'PROCESSING_ANONYMIZING',
      'processing_anonymizing',
      'processing_anonymization',
      'Processing_Anonymization',
    ];
    for (const word of words) {
      expect(anonymizationStateOf(word)).toBe('PROCESSING_ANONYMIZING');
      expect(codesOf({ ...VIDEO, anonymization_state: anonymizationStateOf(word) })).toEqual(['not_anonymized']);
    }
  });

  it('that are not known fail closed', () => {
    for (const word of ['', 'valid', 'VALIDATED ', 'anonymised', 'done', 'toString']) {
      const state = anonymizationStateOf(word);
      expect(codesOf({ ...VIDEO, anonymization_state: state })).toEqual(['anonymization_state_unknown']);
    }
  });
});

describe('the laws of eligibility', () => {
  const hash = fc.constantFrom(null, '1'.repeat(64));
  const facts: fc.Arbitrary<ResourceFacts> = fc
    .record({
      resource_kind: fc.constantFrom('video' as const, 'report' as const),
      center_key: fc.constantFrom(null, 'center-a', 'center-b'),
      anonymization_state: fc.constantFrom(...ANONYMIZATION_STATES),
      processing_error: fc.boolean(),
      processed_media: fc.record({
        present: fc.boolean(),
        sha256: hash,
        size: fc.constantFrom(null, 0, 1),
        suffix: fc.constant('.mp4'),
      }),
      segment_status: fc.constantFrom(null, ...SEGMENT_STATES),
      hashes_consistent: fc.boolean(),
      content_complete: fc.boolean(),
      patient_hash: hash,
      examination_hash: hash,
    })
    .map((changes) => ({ ...VIDEO, ...changes }));
  const terms: fc.Arbitrary<EligibilityTerms> = fc.record({
    centerScope: fc.subarray(['center-a', 'center-b']),
    owningCenter: fc.constantFrom(null, 'center-a', 'center-a', 'center-b'),
    acceptedStates: fc.subarray([...ELIGIBLE_STATES]),
    profile: fc.constantFrom(...HUB_PROFILES),
  });

  it('no terms make a state outside the three eligible, not even terms that name it', () => {
    const others = ANONYMIZATION_STATES.filter((state) => !ELIGIBLE_STATES.some((eligible) => eligible === state));
    expect(others).toHaveLength(6);
    fc.assert(
      fc.property(terms, fc.constantFrom<AnonymizationState>(...others), (asked, state) => {
        const wide = {
          ...asked,
          acceptedStates: ANONYMIZATION_STATES as unknown as EligibilityTerms['acceptedStates'],
        };
        expect(codesOf({ ...VIDEO, anonymization_state: state }, wide)).not.toEqual([]);
      }),
    );
  });

  it('an eligible verdict means that every condition of the specification holds', () => {
    let eligible = 0;
    fc.assert(
      fc.property(facts, terms, (asked, under) => {
        if (codesOf(asked, under).length > 0) return;
        eligible += 1;
        expect(under.centerScope).toContain(asked.center_key);
        expect(['ANONYMIZED', 'DONE_PROCESSING_ANONYMIZATION', 'VALIDATED']).toContain(asked.anonymization_state);
        expect(asked.processed_media).toMatchObject({ present: true, sha256: expect.any(String), size: 1 });
      }),
      { numRuns: 10_000, seed: 11 },
    );
    expect(eligible).toBeGreaterThan(0);
  });

  it('narrower terms never make anything eligible', () => {
    fc.assert(
      fc.property(facts, terms, terms, (asked, wide, other) => {
        const narrow: EligibilityTerms = {
          ...wide,
          centerScope: wide.centerScope.filter((center) => other.centerScope.includes(center)),
          acceptedStates: wide.acceptedStates.filter((state) => other.acceptedStates.includes(state)),
        };
        if (codesOf(asked, wide).length > 0) expect(codesOf(asked, narrow)).not.toEqual([]);
      }),
    );
  });

  it('every reason has a sentence', () => {
    fc.assert(
      fc.property(facts, terms, (asked, under) => {
        const verdict = eligibilityOf(resource(asked), under);
        if (!verdict.eligible) for (const { sentence } of verdict.reasons) expect(sentence).toMatch(/^[A-Z].+\.$/);
      }),
    );
  });
});
