import { digestOf } from '../json.js';
import { type ProfileTraits } from '../profiles.js';
import { type Comparison } from '../transfer/transfer-job.js';
import { incomingProvenance, storedProvenance, type OwnProvenance } from './provenance.js';
import { contentDigests, type Registration } from './registration.js';

/** What the older profiles compare; other changes of a replay they drop silently. */
const LINKAGE = ['source_node_key', 'target_node_key', 'resource_kind', 'resource_hash'] as const;

/** What a new job remembers of its registration. */
export function storedComparison(registration: Registration): Comparison {
  return comparison(registration, storedProvenance);
}

/** Whether a registration repeats the one that a job was made of; hub contract 5.4. */
export function isReplay(registration: Registration, stored: Comparison, traits: ProfileTraits): boolean {
  const incoming = comparison(registration, incomingProvenance);
  const compared = traits.comparesWholePayload ? (Object.keys(incoming) as (keyof Comparison)[]) : LINKAGE;
  return compared.every((field) => incoming[field] === stored[field]);
}

function comparison(
  registration: Registration,
  provenanceOf: (provenance: unknown, own: OwnProvenance) => unknown,
): Comparison {
  const { top, target, centerKey } = registration;
  const own: OwnProvenance = {
    source_node_key: top.source_node_key,
    target_node_key: target.node_key,
    source_center_key: centerKey,
    transfer_mode: top.transfer_mode,
    processing_policy: top.processing_policy,
    cleanup_policy: top.cleanup_policy,
  };
  return {
    ...own,
    resource_kind: top.resource_kind,
    resource_hash: top.resource_hash,
    processing_intent: top.processing_intent,
    payload_schema_version: top.payload_schema_version,
    ...contentDigests(registration),
    provenance: digestOf(provenanceOf(top.provenance, own)),
  };
}
