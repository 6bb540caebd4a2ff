import { createHash } from 'node:crypto';
import type { Sample } from './samples.file.js';

/** A resource that waits to be marked, made from one of the samples. */
export interface FurtherSample extends Sample {
  /** What follows the sample's own bytes; null where the site has lost the processed file. */
  readonly appended: Uint8Array | null;
}

interface Variant {
  readonly kind: Sample['resource_kind'];
  readonly anonymization_state?: string;
  readonly lost?: true;
}

/** What a site may have beside what is sent by itself: most may leave, one may not yet, and one will fail. */
const VARIANTS: readonly Variant[] = [
  { kind: 'report' },
  { kind: 'report' },
  { kind: 'report' },
  { kind: 'video' },
  { kind: 'video' },
  { kind: 'report', anonymization_state: 'STARTED' },
  { kind: 'report', lost: true },
];

/** The numbers of the site begin here. */
const FIRST_LOCAL_ID = 11;
const BANDS = ['40-49', '50-59', '60-69'];

/**
 * Resources for a person to mark and send. Each has media of its own, still a real PDF or MP4: readers of both pass over
 * what is appended here.
 * @param mediaOf the bytes of a sample
 */
export function furtherSamples(
  samples: readonly Sample[],
  mediaOf: (sample: Sample) => Uint8Array,
): readonly FurtherSample[] {
  return VARIANTS.flatMap((variant, place) => {
    const sample = samples.find(({ resource_kind }) => resource_kind === variant.kind);
    return sample === undefined ? [] : [furtherSample(sample, mediaOf(sample), variant, FIRST_LOCAL_ID + place)];
  });
}

function furtherSample(sample: Sample, media: Uint8Array, variant: Variant, localId: number): FurtherSample {
  const appended = appendix(variant.kind, localId);
  const sha256 = createHash('sha256').update(media).update(appended).digest('hex');
  const { snapshot } = renamed(sample, {
    [sample.resource_hash]: hashOf(`resource ${localId}`),
    [sample.snapshot.processed_media.sha256 ?? '']: sha256,
    [String(sample.snapshot.rows.sensitive_meta?.patient_hash)]: hashOf(`patient ${localId}`),
    [String(sample.snapshot.rows.sensitive_meta?.examination_hash)]: hashOf(`examination ${localId}`),
  });
  return {
    resource_kind: variant.kind,
    resource_hash: hashOf(`resource ${localId}`),
    media_file: sample.media_file,
    appended: variant.lost === true ? null : appended,
    snapshot: {
      ...snapshot,
      rows: renumbered(snapshot.rows, localId),
      local_id: localId,
      anonymization_state: variant.anonymization_state ?? snapshot.anonymization_state,
      processed_media: { ...snapshot.processed_media, size: media.length + appended.length },
      privacy: { exam_year: 2026, age_band: BANDS[localId % BANDS.length] ?? null, gender: 'female' },
      created_at: `2026-11-${localId}T09:00:00Z`,
    } as Sample['snapshot'],
  };
}

/** A comment after the end of a PDF; a box named `free` after the last one of an MP4. */
function appendix(kind: Sample['resource_kind'], localId: number): Uint8Array {
  const text = new TextEncoder().encode(kind === 'report' ? `\n% sample ${localId}\n` : `sample ${localId}`);
  if (kind === 'report') return text;
  const box = new Uint8Array(8 + text.length);
  new DataView(box.buffer).setUint32(0, box.length);
  box.set(new TextEncoder().encode('free'), 4);
  box.set(text, 8);
  return box;
}

/** Numbers of annotations and segments are the site's own, each given once. */
function renumbered(rows: Sample['snapshot']['rows'], localId: number): object {
  const own = (number: unknown): number => localId * 10_000 + Number(number);
  const { frame_annotations, video_segments, ...others } = rows as Readonly<Record<string, readonly object[]>>;
  return {
    ...others,
    ...(frame_annotations && {
      frame_annotations: frame_annotations.map((one: { annotation_id?: unknown }) => ({
        ...one,
        annotation_id: own(one.annotation_id),
      })),
    }),
    ...(video_segments && {
      video_segments: video_segments.map((one: { source_segment_id?: unknown }) => ({
        ...one,
        source_segment_id: own(one.source_segment_id),
      })),
    }),
  };
}

/** The snapshot with other hashes wherever they stand. */
function renamed(sample: Sample, hashes: Readonly<Record<string, string>>): Sample {
  const text = JSON.stringify(sample).replaceAll(/[0-9a-f]{64}/g, (hash) => hashes[hash] ?? hash);
  return JSON.parse(text) as Sample;
}

function hashOf(text: string): string {
  return createHash('sha256').update(`hub-export demo ${text}`).digest('hex');
}
