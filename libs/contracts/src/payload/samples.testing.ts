import { transferKey } from '../identity.js';
import type { ResourceSnapshot } from '../snapshot/resource-snapshot.js';
import type { ResourceKind } from '../vocabulary.js';
import type { PayloadTransfer } from './build-payload.js';

/** Made-up resources that are complete and eligible everywhere, for tests here and of whoever sends or receives them. */

export const SAMPLE_HASH = 'a'.repeat(64);
export const SAMPLE_MEDIA_HASH = 'b'.repeat(64);

export function sampleTransfer(kind: ResourceKind): PayloadTransfer {
  const identity = { source_node_key: 'site-a', resource_kind: kind, resource_hash: SAMPLE_HASH };
  return { ...identity, transfer_key: transferKey(identity), target_node_key: 'hub', source_center_key: 'center-a' };
}

export function sampleSnapshot(kind: ResourceKind): ResourceSnapshot {
  return {
    source_version: 4711,
    local_id: 17,
    center_key: 'center-a',
    center_name: 'Center A',
    anonymization_state: 'validated',
    processing_error: false,
    processed_media: {
      present: true,
      sha256: SAMPLE_MEDIA_HASH,
      size: 1_834_220_011,
      suffix: kind === 'video' ? '.mp4' : '.pdf',
      locator: kind === 'video' ? 'file:processed/sample.mp4' : 'file:processed/sample.pdf',
    },
    segment_status: kind === 'video' ? 'validated' : null,
    ready_for_export: true,
    rows: kind === 'video' ? videoRows() : reportRows(),
    privacy: { exam_year: 2025, age_band: '60-69', gender: 'female' },
    file_name: null,
    created_at: '2026-11-01T10:00:00Z',
  };
}

function videoRows(): ResourceSnapshot['rows'] {
  return {
    video_file: {
      video_hash: SAMPLE_HASH,
      processed_video_hash: SAMPLE_MEDIA_HASH,
      suffix: '.mp4',
      fps: 50,
      duration: 12.5,
      frame_count: 625,
      width: 1920,
      height: 1080,
    },
    video_state: {
      processing_started: true,
      frames_extracted: true,
      sensitive_meta_processed: true,
      anonymized: true,
      anonymization_validated: true,
      outside_segments_removed: true,
      segment_annotations_created: true,
      segment_annotations_validated: true,
      processing_error: false,
      processed_file_sha256: SAMPLE_MEDIA_HASH,
    },
    processing_history: { file_hash: SAMPLE_HASH, success: true },
    frame_annotations: [annotation(1, 10, true), annotation(2, 11, false)],
    video_segments: [
      segment(1, { source_kind: 'manual_annotation' }),
      segment(2, { source_kind: 'prediction', model_name: 'segmenter', model_version: '4' }),
    ],
    ...shared(),
  };
}

function reportRows(): ResourceSnapshot['rows'] {
  return {
    raw_pdf_file: { pdf_hash: SAMPLE_HASH, anonymized_text: 'Colonoscopy of [NAME]. No findings.' },
    raw_pdf_state: {
      processing_started: true,
      text_meta_extracted: true,
      sensitive_meta_processed: true,
      anonymized: true,
      anonymization_validated: true,
      processed_file_sha256: SAMPLE_MEDIA_HASH,
    },
    processing_history: { file_hash: SAMPLE_HASH, success: true },
    ...shared(),
  };
}

function shared(): Pick<ResourceSnapshot['rows'], 'sensitive_meta' | 'reports'> {
  return {
    sensitive_meta: { patient_hash: 'c'.repeat(64), examination_hash: 'd'.repeat(64) },
    reports: [
      {
        template_name: 'colonoscopy',
        template_version: 2,
        template_hash: 'e1',
        status: 'final',
        version: 1,
        is_active: true,
      },
      { template_name: 'colonoscopy', template_version: '3', status: 'draft', version: 2, is_active: true },
    ],
  };
}

function annotation(
  id: number,
  frame: number,
  value: boolean,
): NonNullable<ResourceSnapshot['rows']['frame_annotations']>[number] {
  return {
    annotation_id: id,
    video_hash: SAMPLE_HASH,
    frame_number: frame,
    frame_relative_path: `frames/${SAMPLE_HASH}/${String(frame).padStart(8, '0')}.jpg`,
    frame_timestamp: frame / 50,
    label_name: 'polyp',
    value,
    float_value: null,
    information_source_name: 'annotation_tool',
  };
}

type Segment = NonNullable<ResourceSnapshot['rows']['video_segments']>[number];

function segment(id: number, source: Pick<Segment, 'source_kind' | 'model_name' | 'model_version'>): Segment {
  return {
    source_node_key: 'site-a',
    source_segment_id: id,
    video_hash: SAMPLE_HASH,
    start_frame_number: id * 100,
    end_frame_number_exclusive: id * 100 + 50,
    label_name: 'polyp',
    validation_state: 'validated',
    export_segment: true,
    anonymous_provenance: { information_source_name: 'annotation_tool' },
    ...source,
  };
}
