import {
  ELIGIBLE_STATES,
  type EligibleState,
  type HubProfile,
  PROFILE_TRAITS,
  type ResourceFacts,
} from '@hub-export/contracts';
import type { Resource } from './resource.js';

/** What a resource is held against: the site's centers, and what the target hub takes. */
export interface EligibilityTerms {
  /** Centers whose resources the local site node may send. */
  readonly centerScope: readonly string[];
  /** The center that owns the site node; hubs from contract 3.0 on take resources of no other from it. */
  readonly owningCenter: string | null;
  /** The target's narrowing of the specification's three states. */
  readonly acceptedStates: readonly EligibleState[];
  readonly profile: HubProfile;
  /** The center that an existing mark names; without a mark there is none. */
  readonly markedCenter?: string;
}

export type IneligibilityCode =
  | 'unknown_resource'
  | 'resource_withdrawn'
  | 'center_missing'
  | 'center_out_of_scope'
  | 'center_changed'
  | 'center_not_of_node'
  | 'anonymization_state_unknown'
  | 'not_anonymized'
  | 'state_not_accepted_by_hub'
  | 'processing_error'
  | 'processed_media_missing'
  | 'processed_media_facts_missing'
  | 'hashes_inconsistent'
  | 'content_incomplete'
  | 'pseudonyms_missing'
  | 'segment_cleanup_pending'
  | 'segment_cleanup_failed';

export interface IneligibilityReason {
  readonly code: IneligibilityCode;
  readonly sentence: string;
}

/** The verdict, with every reason against; it speaks of one version of the resource. */
export type Eligibility =
  | { readonly eligible: true; readonly resourceVersion: number }
  | {
      readonly eligible: false;
      readonly resourceVersion: number;
      readonly reasons: readonly [IneligibilityReason, ...IneligibilityReason[]];
    };

/**
 * "A resource is eligible for outbound hub transfer only when all of the following are true" (specification, Eligible
 * Resources), and what the hub's contract needs besides. What is not known fails closed. Whether it is marked is the
 * transfer's own state and not asked here.
 */
export function eligibilityOf(resource: Resource, terms: EligibilityTerms): Eligibility {
  const [first, ...further] = reasonsAgainst(resource, terms);
  const resourceVersion = resource.version;
  if (first === undefined) return { eligible: true, resourceVersion };
  return { eligible: false, resourceVersion, reasons: [sentenced(first), ...further.map(sentenced)] };
}

function reasonsAgainst(resource: Resource, terms: EligibilityTerms): readonly IneligibilityCode[] {
  if (resource.status === 'unknown') return ['unknown_resource'];
  if (resource.status === 'withdrawn') return ['resource_withdrawn'];
  const { facts } = resource;
  return [
    ...center(facts, terms),
    ...anonymization(facts, terms),
    ...processedMedia(facts),
    ...(facts.hashes_consistent ? [] : ['hashes_inconsistent' as const]),
    ...(facts.content_complete ? [] : ['content_incomplete' as const]),
    ...pseudonyms(facts, terms),
    ...segments(facts),
  ];
}

/** "it belongs to the local sender center scope". */
function center({ center_key }: ResourceFacts, terms: EligibilityTerms): readonly IneligibilityCode[] {
  const { centerScope, owningCenter, markedCenter, profile } = terms;
  if (center_key === null) return ['center_missing'];
  // It would arrive under the name of a center that it does not belong to any more.
  if (markedCenter !== undefined && markedCenter !== center_key) return ['center_changed'];
  if (!centerScope.includes(center_key)) return ['center_out_of_scope'];
  return PROFILE_TRAITS[profile].bindsCenter && center_key !== owningCenter ? ['center_not_of_node'] : [];
}

/** "the anonymization state is one of"; a hub or a deployment may only narrow it. */
function anonymization(facts: ResourceFacts, { acceptedStates }: EligibilityTerms): readonly IneligibilityCode[] {
  const state = facts.anonymization_state;
  if (state === 'UNKNOWN') return ['anonymization_state_unknown'];
  const eligible = ELIGIBLE_STATES.find((accepted) => accepted === state);
  if (eligible === undefined) return ['not_anonymized'];
  return [
    ...(acceptedStates.includes(eligible) ? [] : ['state_not_accepted_by_hub' as const]),
    ...(facts.processing_error ? ['processing_error' as const] : []),
  ];
}

/** "processed media exists locally", with the facts that are verified when it is sent. */
function processedMedia({ processed_media }: ResourceFacts): readonly IneligibilityCode[] {
  if (!processed_media.present) return ['processed_media_missing'];
  const { sha256, size } = processed_media;
  return sha256 === null || size === null || size === 0 ? ['processed_media_facts_missing'] : [];
}

/** Hubs tie a transfer to a case by two pseudonym hashes. Some can do without; one of the two alone, none takes. */
function pseudonyms(facts: ResourceFacts, { profile }: EligibilityTerms): readonly IneligibilityCode[] {
  const told = [facts.patient_hash, facts.examination_hash].filter((hash) => hash !== null).length;
  const complete = told === 2 || (told === 0 && !PROFILE_TRAITS[profile].pseudonymsRequired);
  return complete ? [] : ['pseudonyms_missing'];
}

/** Segments outside the body are cut out of a video before it may leave. */
function segments({ resource_kind, segment_status }: ResourceFacts): readonly IneligibilityCode[] {
  if (resource_kind !== 'video') return [];
  switch (segment_status) {
    case 'cleanup_required':
    case 'cleanup_queued':
    case 'cleanup_running':
      return ['segment_cleanup_pending'];
    case 'cleanup_failed':
      return ['segment_cleanup_failed'];
    case 'validated':
    case 'not_started':
    case null:
      return [];
  }
}

const SENTENCES: Readonly<Record<IneligibilityCode, string>> = {
  unknown_resource: 'The site has not reported this resource.',
  resource_withdrawn: 'The site has taken this resource back.',
  center_missing: 'The resource belongs to no center.',
  center_changed: 'The resource belongs to another center than when it was marked.',
  center_out_of_scope: 'The resource belongs to a center outside the scope of the site node.',
  center_not_of_node: 'The target hub takes from the site node only resources of the center that owns it.',
  anonymization_state_unknown: 'The anonymization state is not known here.',
  not_anonymized: 'The resource is not anonymized.',
  state_not_accepted_by_hub: 'The target hub does not take resources in this anonymization state.',
  processing_error: 'The last processing of the resource ended with an error.',
  processed_media_missing: 'There is no processed media.',
  processed_media_facts_missing: 'The size or the SHA-256 of the processed media is not known.',
  hashes_inconsistent: 'The hashes in the resource data contradict each other.',
  content_incomplete: 'Data that the hub needs is missing: the anonymized text, or facts of the video.',
  pseudonyms_missing: 'The pseudonym hashes of patient and examination are missing.',
  segment_cleanup_pending: 'Segments of the video are still to be cleaned up.',
  segment_cleanup_failed: 'The clean-up of the segments of the video failed.',
};

function sentenced(code: IneligibilityCode): IneligibilityReason {
  return { code, sentence: SENTENCES[code] };
}
