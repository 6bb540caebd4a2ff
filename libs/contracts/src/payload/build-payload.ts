import type { JsonObject, JsonValue } from '../canonical-json.js';
import type { TransferIdentity } from '../identity.js';
import type { ResourceSnapshot } from '../snapshot/resource-snapshot.js';
import type { FrameAnnotationRow, ReportRow, SnapshotRows, VideoSegmentRow } from '../snapshot/rows.js';
import { type HubProfile, TRANSFER_MODE } from '../vocabulary.js';
import type { HubPayload } from './hub-payload.js';
import { PROFILE_TRAITS, type ProfileTraits } from './profile-traits.js';

/** What identifies the transfer for which the payload is made. */
export interface PayloadTransfer extends TransferIdentity {
  readonly transfer_key: string;
  readonly target_node_key: string;
  readonly source_center_key: string;
}

/**
 * The payload of a resource for a hub of this profile, from the rows the site told. It invents nothing that the rows
 * should say: what is missing there is missing here, and `validatePayload` tells it.
 * Only normalised values go out (no null, hashes in lower case, trimmed text), so that a replay is equal to what the
 * hub stored (hub contract 5.4 and 2.7).
 */
export function buildPayload({
  profile,
  transfer,
  snapshot,
}: {
  readonly profile: HubProfile;
  readonly transfer: PayloadTransfer;
  readonly snapshot: ResourceSnapshot;
}): HubPayload {
  const traits = PROFILE_TRAITS[profile];
  const success = processingSucceeded(snapshot);
  return {
    transfer_key: transfer.transfer_key,
    source_node_key: transfer.source_node_key,
    target_node_key: transfer.target_node_key,
    source_center_key: transfer.source_center_key,
    resource_kind: transfer.resource_kind,
    resource_hash: transfer.resource_hash,
    transfer_mode: TRANSFER_MODE,
    processing_policy: 'preserve_processing_state',
    processing_intent: 'sender_requests_state_preservation',
    cleanup_policy: 'retain_all',
    payload_schema_version: traits.schemaVersion,
    resource_rows:
      transfer.resource_kind === 'video'
        ? videoRows(traits, transfer, snapshot.rows, success)
        : reportRows(transfer, snapshot.rows, success),
    processing_snapshot: { sender_processing_success: success },
    provenance: { entrypoint: 'hub_export' },
  };
}

/** The site's own word; without one, anonymized media whose processing reported no error. */
function processingSucceeded({ rows, processing_error, processed_media }: ResourceSnapshot): boolean {
  const state = rows.video_state ?? rows.raw_pdf_state;
  return rows.processing_history?.success ?? (processed_media.present && !processing_error && !state?.processing_error);
}

function videoRows(traits: ProfileTraits, transfer: PayloadTransfer, rows: SnapshotRows, success: boolean): JsonObject {
  const file = rows.video_file;
  const state = rows.video_state;
  const processed = hash(file?.processed_video_hash);
  return present({
    video_file: file
      ? present({
          ...ownHash(traits, file),
          processed_video_hash: processed,
          suffix: word(file.suffix),
          fps: file.fps,
          duration: file.duration,
          frame_count: file.frame_count,
          width: file.width,
          height: file.height,
        })
      : null,
    video_state: state
      ? present({
          processing_started: state.processing_started,
          frames_extracted: state.frames_extracted,
          sensitive_meta_processed: state.sensitive_meta_processed,
          frame_annotations_generated: state.frame_annotations_generated,
          anonymized: state.anonymized,
          anonymization_validated: validatedWithoutError(state),
          outside_segments_removed: state.outside_segments_removed,
          segment_annotations_created: state.segment_annotations_created,
          segment_annotations_validated: state.segment_annotations_validated,
          processed_file_sha256: hash(state.processed_file_sha256),
        })
      : null,
    processing_history: present({
      file_hash: traits.videoHistory === 'resource' ? transfer.resource_hash : processed,
      success,
    }),
    frame_annotations: (rows.frame_annotations ?? [])
      .filter(({ value }) => value)
      .map((annotation) => frameAnnotation(traits, transfer, annotation)),
    video_segments: traits.videoSegments
      ? (rows.video_segments ?? []).map((segment) => videoSegment(traits, transfer, segment))
      : null,
    reports: reports(rows),
    sensitive_meta: sensitiveMeta(rows),
  });
}

function reportRows(transfer: PayloadTransfer, rows: SnapshotRows, success: boolean): JsonObject {
  const file = rows.raw_pdf_file;
  const state = rows.raw_pdf_state;
  return present({
    raw_pdf_file: file ? present({ pdf_hash: hash(file.pdf_hash), anonymized_text: file.anonymized_text }) : null,
    raw_pdf_state: state
      ? present({
          processing_started: state.processing_started,
          text_meta_extracted: state.text_meta_extracted,
          sensitive_meta_processed: state.sensitive_meta_processed,
          anonymized: state.anonymized,
          anonymization_validated: validatedWithoutError(state),
          processed_file_sha256: hash(state.processed_file_sha256),
        })
      : null,
    processing_history: { file_hash: transfer.resource_hash, success },
    reports: reports(rows),
    sensitive_meta: sensitiveMeta(rows),
  });
}

/** The sender's contract has no `processing_error`, so that a row that bears one must not look validated to the hub. */
function validatedWithoutError(state: {
  readonly anonymization_validated?: boolean | null;
  readonly processing_error?: boolean | null;
}): boolean | null {
  return state.processing_error === true ? false : (state.anonymization_validated ?? null);
}

function frameAnnotation(traits: ProfileTraits, transfer: PayloadTransfer, row: FrameAnnotationRow): JsonObject {
  return present({
    ...ownHash(traits, row, transfer.resource_hash),
    annotation_id: id(row.annotation_id),
    frame_number: row.frame_number,
    frame_relative_path: row.frame_relative_path ?? framePath(transfer.resource_hash, row.frame_number),
    frame_timestamp: row.frame_timestamp,
    label_name: word(row.label_name),
    value: row.value,
    float_value: row.float_value,
    information_source_name: word(row.information_source_name),
  });
}

/** How lx-annotate names a frame, where the row does not. */
function framePath(resourceHash: string, frameNumber: number): string {
  return `frames/${resourceHash}/${String(frameNumber).padStart(8, '0')}.jpg`;
}

function videoSegment(traits: ProfileTraits, transfer: PayloadTransfer, row: VideoSegmentRow): JsonObject {
  return present({
    ...ownHash(traits, row, transfer.resource_hash),
    source_node_key: word(row.source_node_key ?? transfer.source_node_key),
    source_segment_id: id(row.source_segment_id),
    start_frame_number: row.start_frame_number,
    end_frame_number_exclusive: row.end_frame_number_exclusive,
    label_name: word(row.label_name),
    source_kind: row.source_kind,
    validation_state: row.validation_state,
    export_segment: row.export_segment,
    anonymous_provenance: { information_source_name: row.anonymous_provenance.information_source_name.trim() },
    model_name: word(row.model_name),
    model_version: word(row.model_version),
  });
}

/** "only active final report rows"; bodies, titles and authors stay at the site. */
function reports({ reports: rows }: SnapshotRows): readonly JsonObject[] {
  return (rows ?? [])
    .filter(({ status, is_active }) => (status ?? 'final') === 'final' && is_active !== false)
    .map((row: ReportRow) =>
      present({
        template_name: word(row.template_name),
        template_version:
          typeof row.template_version === 'number' ? String(row.template_version) : word(row.template_version),
        template_hash: word(row.template_hash),
        status: 'final',
        version: row.version ?? 1,
        is_active: true,
      }),
    );
}

function sensitiveMeta({ sensitive_meta: meta }: SnapshotRows): JsonObject | null {
  if (!meta?.patient_hash && !meta?.examination_hash) return null;
  return present({ patient_hash: hash(meta.patient_hash), examination_hash: hash(meta.examination_hash) });
}

/** The row's word for its video, under the name this hub knows it by. */
function ownHash(
  { videoKey }: ProfileTraits,
  row: { readonly video_hash?: string | null; readonly raw_video_hash?: string | null },
  otherwise: string | null = null,
): Readonly<Record<string, string | null>> {
  return { [videoKey]: hash(row.video_hash) ?? hash(row.raw_video_hash) ?? otherwise };
}

/** Without the members that say nothing. */
function present(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const told: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(members)) {
    if (value !== null && value !== undefined) told[name] = value;
  }
  return told;
}

function hash(value: string | null | undefined): string | null {
  return value ? value.toLowerCase() : null;
}

function word(value: string | null | undefined): string | null {
  const trimmed = value?.trim();
  return trimmed ? trimmed : null;
}

function id(value: string | number): JsonValue {
  return typeof value === 'number' ? value : value.trim();
}
