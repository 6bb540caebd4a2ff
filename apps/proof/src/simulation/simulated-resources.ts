import {
  type NodeFacts,
  type ResourceFacts,
  resourceFacts,
  sampleSnapshot,
  sha256Hex,
  transferId,
  transferKey,
} from '@hub-export/contracts';
import type { Intent } from '@hub-export/transfer-life';

/** So many resources a life has, each with one transfer. */
export const TRANSFERS = 3;
export const MEDIA_BYTES = 4_096;

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
  ...SITE,
  node_key: 'hub',
  role: 'central_hub',
  display_name: 'Hub',
  owning_center_key: null,
  center_scope: [],
  base_url: 'https://hub.example/',
  profile: 'endoreg-3.0',
  eligible_states: ['VALIDATED'],
};

/** The resource at a place, from 0. */
export function resourceAt(place: number): ResourceFacts {
  const identity = { source_node_key: 'site-a', resource_kind: 'report', resource_hash: hashOf(place) } as const;
  return resourceFacts(snapshotAt(place), identity);
}

/** What the site reports of it. */
export function snapshotAt(place: number): ReturnType<typeof sampleSnapshot> {
  const text = JSON.stringify(sampleSnapshot('report'))
    .replaceAll('a'.repeat(64), hashOf(place))
    .replaceAll('b'.repeat(64), sha256Hex(`media ${place}`));
  const sample = JSON.parse(text) as ReturnType<typeof sampleSnapshot>;
  return { ...sample, processed_media: { ...sample.processed_media, size: MEDIA_BYTES } };
}

export function intentOf({ resource_kind, resource_hash, source_node_key }: ResourceFacts): Intent {
  const transfer_key = transferKey({ source_node_key, resource_kind, resource_hash });
  return {
    transfer_id: transferId('hub', transfer_key),
    transfer_key,
    source_node_key,
    source_center_key: 'center-a',
    target_node_key: 'hub',
    resource_kind,
    resource_hash,
    local_cleanup_policy: 'retain_processed_media',
  };
}

function hashOf(place: number): string {
  return sha256Hex(`resource ${place}`);
}
