import {
  type ResourceKind,
  type ResourceSnapshot,
  sampleSnapshot,
  transferId,
  transferKey,
} from '@hub-export/contracts';
import { HUB, SITE } from './names.js';

/** A resource of the measured site. */
export interface SiteResource {
  readonly kind: ResourceKind;
  readonly hash: string;
  /** The processed media; several resources may share it. */
  readonly media: { readonly sha256: string; readonly size: number; readonly locator: string };
  readonly transferKey: string;
  readonly transferId: string;
}

export function siteResource(kind: ResourceKind, hash: string, media: SiteResource['media']): SiteResource {
  const key = transferKey({ source_node_key: SITE, resource_kind: kind, resource_hash: hash });
  return { kind, hash, media, transferKey: key, transferId: transferId(HUB, key) };
}

/** A complete and eligible snapshot of a resource, of the shape and size that sites send. */
export function snapshotOf({ kind, hash, media }: SiteResource, number: number): ResourceSnapshot {
  const text = JSON.stringify(sampleSnapshot(kind))
    .replaceAll('a'.repeat(64), hash)
    .replaceAll('b'.repeat(64), media.sha256);
  const sample = JSON.parse(text) as ResourceSnapshot;
  // A segment belongs to one video; the hub refuses its id for another.
  const segments = sample.rows.video_segments?.map((segment, place) => ({
    ...segment,
    source_segment_id: `${hash.slice(0, 12)}-${place}`,
  }));
  return {
    ...sample,
    rows: segments ? { ...sample.rows, video_segments: segments } : sample.rows,
    source_version: 1,
    local_id: number,
    processed_media: { ...sample.processed_media, size: media.size, locator: media.locator },
  };
}
