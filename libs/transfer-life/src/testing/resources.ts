import type { NodeFacts, ResourceEvent, ResourceFacts } from '@hub-export/contracts';
import { fold } from '@hub-export/event-sourcing';
import type { EligibilityTerms } from '../eligibility.js';
import type { MaterialFault, ReadinessFacts } from '../readiness.js';
import { type Resource, resourceDecider } from '../resource.js';
import { AT, FROZEN, INTENT, MEDIA } from './lives.js';

/** An eligible video and report, a site node and a hub, in the words of the stories. */

export const SITE_ACTOR = { kind: 'system', reason: 'site' } as const;

export const VIDEO: ResourceFacts = {
  resource_kind: 'video',
  resource_hash: INTENT.resource_hash,
  source_node_key: 'site-a',
  source_version: 7,
  snapshot_digest: FROZEN.snapshot_digest,
  local_id: 17,
  center_key: 'center-a',
  anonymization_state: 'VALIDATED',
  processing_error: false,
  processed_media: { present: true, sha256: MEDIA, size: 4096, suffix: '.mp4' },
  segment_status: 'validated',
  hashes_consistent: true,
  content_complete: true,
  patient_hash: '1'.repeat(64),
  examination_hash: '2'.repeat(64),
};

export const REPORT: ResourceFacts = {
  ...VIDEO,
  resource_kind: 'report',
  processed_media: { present: true, sha256: MEDIA, size: 512, suffix: '.pdf' },
  segment_status: null,
};

export const TERMS: EligibilityTerms = {
  centerScope: ['center-a'],
  owningCenter: 'center-a',
  acceptedStates: ['ANONYMIZED', 'DONE_PROCESSING_ANONYMIZATION', 'VALIDATED'],
  profile: 'endoreg-3.0',
};

export function reported(facts: ResourceFacts = VIDEO): Extract<ResourceEvent, { type: 'ResourceReported' }> {
  return { type: 'ResourceReported', at: AT, by: SITE_ACTOR, ...facts };
}

export function withdrawn(source_version = 8): Extract<ResourceEvent, { type: 'ResourceWithdrawn' }> {
  const { resource_kind, resource_hash } = VIDEO;
  return { type: 'ResourceWithdrawn', at: AT, by: SITE_ACTOR, resource_kind, resource_hash, source_version };
}

export function resource(facts: ResourceFacts = VIDEO): Resource {
  return fold(resourceDecider, [reported(facts)]);
}

export const UNKNOWN_RESOURCE = resourceDecider.initialState;
export const WITHDRAWN_RESOURCE = fold(resourceDecider, [reported(), withdrawn()]);

export const SITE: NodeFacts = {
  node_key: 'site-a',
  role: 'site_node',
  display_name: 'Site A',
  is_active: true,
  owning_center_key: 'center-a',
  center_scope: ['center-a'],
  base_url: null,
  profile: null,
  eligible_states: [],
  document_digest: '3'.repeat(64),
};

export const HUB: NodeFacts = {
  node_key: 'hub',
  role: 'central_hub',
  display_name: 'Hub',
  is_active: true,
  owning_center_key: null,
  center_scope: [],
  base_url: 'https://hub.example/',
  profile: 'endoreg-3.0',
  eligible_states: ['VALIDATED'],
  document_digest: '4'.repeat(64),
};

/** A node that can send, but for what is said otherwise. */
export function readinessFacts(
  nodes: readonly NodeFacts[] = [SITE, HUB],
  faults: Readonly<Record<string, readonly MaterialFault[]>> = { 'site-a': [], hub: [] },
): ReadinessFacts {
  return { nodes, materials: new Map(Object.entries(faults)) };
}
