import { type ResourceKind, type ResourceSnapshot, sampleSnapshot } from '@hub-export/contracts';

/** A resource that the site reported, with its media on disk. */
export interface SiteResource {
  readonly kind: ResourceKind;
  readonly hash: string;
  readonly mediaSha256: string;
  readonly mediaSize: number;
  readonly mediaFile: string;
  readonly locator: string;
  readonly transferKey: string;
  readonly transferId: string;
}

/** What the name of a file ends with. */
export function suffixOf(kind: ResourceKind): string {
  return kind === 'report' ? '.pdf' : '.mp4';
}

/** A complete and eligible snapshot of this resource. */
export function snapshotOf(resource: SiteResource, source_version = 1): ResourceSnapshot {
  const text = JSON.stringify(sampleSnapshot(resource.kind))
    .replaceAll('a'.repeat(64), resource.hash)
    .replaceAll('b'.repeat(64), resource.mediaSha256);
  const sample = JSON.parse(text) as ResourceSnapshot;
  // A segment belongs to one video; the hub refuses its id for another.
  const segments = sample.rows.video_segments?.map((segment, n) => ({
    ...segment,
    source_segment_id: `${resource.hash.slice(0, 12)}-${n}`,
  }));
  const rows = segments ? { ...sample.rows, video_segments: segments } : sample.rows;
  return {
    ...sample,
    rows,
    source_version,
    local_id: null,
    processed_media: { ...sample.processed_media, size: resource.mediaSize, locator: resource.locator },
  };
}
