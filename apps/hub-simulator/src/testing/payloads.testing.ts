import { createHash } from 'node:crypto';
import { type Network } from '../network.js';
import { type ProfileName } from '../profiles.js';

/** The network of the tests: one site with a center, one without a secret, one inactive, one hub. */
export const NETWORK: Network = {
  centers: ['center-a', 'center-b'],
  nodes: [
    { node_key: 'site-01', role: 'site_node', is_active: true, owning_center_key: 'center-a', secret: 'open sesame' },
    { node_key: 'site-02', role: 'site_node', is_active: true, owning_center_key: 'center-b', secret: 'other secret' },
    { node_key: 'site-open', role: 'site_node', is_active: true, owning_center_key: 'center-a' },
    { node_key: 'site-off', role: 'site_node', is_active: false, owning_center_key: 'center-a', secret: 'x' },
    { node_key: 'site-free', role: 'site_node', is_active: true, owning_center_key: null, secret: 'free secret' },
    { node_key: 'hub-01', role: 'central_hub', is_active: true, owning_center_key: null },
  ],
  models: [{ name: 'model-a', version: '1', labels: ['polyp'] }],
};

export const VIDEO_BYTES = Buffer.from('processed video bytes, anonymized');
export const VIDEO_HASH = sha256('source video');
export const REPORT_BYTES = Buffer.from('%PDF-1.4\nanonymized processed report\n%%EOF\n');
export const REPORT_HASH = sha256('source report');

/** A sound registration of a video for a profile. */
export function videoPayload(profile: ProfileName = 'endoreg-3.0', media: Buffer = VIDEO_BYTES) {
  const mediaHash = sha256(media);
  const identity = profile === 'endoreg-3.0-envelope-raw-hash' ? 'raw_video_hash' : 'video_hash';
  return {
    ...topLevel(profile),
    transfer_key: `site-01__video__${VIDEO_HASH}__processed_v1`,
    resource_kind: 'video',
    resource_hash: VIDEO_HASH,
    resource_rows: {
      video_file: {
        [identity]: VIDEO_HASH,
        processed_video_hash: mediaHash,
        fps: 25,
        duration: 4.5,
        frame_count: 112,
        width: 1280,
        height: 720,
        suffix: '.mp4',
      },
      video_state: {
        anonymized: true,
        anonymization_validated: true,
        sensitive_meta_processed: true,
        processed_file_sha256: mediaHash,
      },
      sensitive_meta: { patient_hash: sha256('patient'), examination_hash: sha256('examination') },
      processing_history: { file_hash: VIDEO_HASH, success: true },
      frame_annotations: [] as unknown[],
      reports: [] as unknown[],
      ...(profile === 'endoreg-2.0' ? {} : { video_segments: [] as unknown[] }),
    } as Record<string, unknown>,
  };
}

/** A sound registration of a report for a profile. */
export function reportPayload(profile: ProfileName = 'endoreg-3.0', media: Buffer = REPORT_BYTES) {
  return {
    ...topLevel(profile),
    transfer_key: `site-01__report__${REPORT_HASH}__processed_v1`,
    resource_kind: 'report',
    resource_hash: REPORT_HASH,
    resource_rows: {
      raw_pdf_file: { pdf_hash: REPORT_HASH, anonymized_text: 'anonymized text' },
      raw_pdf_state: { anonymized: true, anonymization_validated: true, processed_file_sha256: sha256(media) },
      sensitive_meta: { patient_hash: sha256('patient'), examination_hash: sha256('examination') },
      processing_history: { file_hash: REPORT_HASH, success: true },
      reports: [] as unknown[],
    } as Record<string, unknown>,
  };
}

/** A segment of the video. */
export function segment(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    source_node_key: 'site-01',
    source_segment_id: 1,
    video_hash: VIDEO_HASH,
    start_frame_number: 0,
    end_frame_number_exclusive: 10,
    label_name: 'polyp',
    source_kind: 'manual_annotation',
    validation_state: 'validated',
    export_segment: true,
    anonymous_provenance: { information_source_name: 'annotation' },
    ...change,
  };
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function topLevel(profile: ProfileName) {
  return {
    source_node_key: 'site-01',
    target_node_key: 'hub-01',
    source_center_key: 'center-a',
    transfer_mode: 'metadata_and_processed_media',
    processing_policy: 'preserve_processing_state',
    processing_intent: 'sender_requests_state_preservation',
    cleanup_policy: 'retain_all',
    payload_schema_version: profile === 'endoreg-2.0' ? '2.0' : '3.0',
    processing_snapshot: { sender_processing_success: true } as Record<string, unknown>,
    provenance: { entrypoint: 'lx_annotate_sender' } as Record<string, unknown>,
  };
}
