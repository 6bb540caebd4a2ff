import {
  boolean,
  either,
  form,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  type Schema,
  text,
  type ValueOf,
} from '../closed-schema.js';
import type { ResourceKind } from '../vocabulary.js';

/** "tens of thousands of positive frame rows are possible"; a long video at 50 frames a second stays below. */
export const FRAME_ANNOTATIONS_MAX = 200_000;
export const VIDEO_SEGMENTS_MAX = 20_000;
export const REPORTS_MAX = 1_000;
/** Characters of a report's anonymized text. */
export const ANONYMIZED_TEXT_MAX = 2_000_000;

/** The site may write hashes in either case; they go out in lower case. */
const hash = form(/^[0-9a-fA-F]{64}$/, 64);
const absentHash = nullable(form(/^([0-9a-fA-F]{64})?$/, 64));
const name = text(255);
const count = integer(0);
const flag = nullable(boolean);
const rowId = either(integer(0), text(255));

const sensitiveMeta = nullable(object({}, { patient_hash: nullable(hash), examination_hash: nullable(hash) }));

const processingHistory = nullable(object({}, { file_hash: absentHash, success: flag }));

const report = object(
  { template_name: name },
  {
    id: nullable(integer(1)),
    patient_examination: nullable(integer(1)),
    template_version: nullable(either(form(/^[^\0\p{Cs}]*$/u), integer(0))),
    template_hash: nullable(form(/^[^\0\p{Cs}]*$/u)),
    status: nullable(name),
    version: nullable(integer(1)),
    is_active: flag,
    finalized_at: nullable(name),
  },
);

const videoFile = object(
  {},
  {
    video_hash: hash,
    raw_video_hash: hash,
    processed_video_hash: absentHash,
    suffix: nullable(name),
    fps: nullable(number(0)),
    duration: nullable(number(0)),
    frame_count: nullable(count),
    width: nullable(integer(1)),
    height: nullable(integer(1)),
  },
);

const videoState = object(
  {},
  {
    frames_extracted: flag,
    frames_initialized: flag,
    video_meta_extracted: flag,
    text_meta_extracted: flag,
    initial_prediction_completed: flag,
    lvs_created: flag,
    frame_annotations_generated: flag,
    sensitive_meta_processed: flag,
    anonymized: flag,
    anonymization_validated: flag,
    outside_segments_removed: flag,
    processing_error: flag,
    processing_started: flag,
    segment_annotations_created: flag,
    segment_annotations_validated: flag,
    was_created: flag,
    ready_for_export: flag,
    frame_count: nullable(count),
    processed_file_sha256: absentHash,
  },
);

/** Where a frame lies within the resource: relative, and never up. */
export const FRAME_PATH = /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$/;

const frameAnnotation = object(
  { annotation_id: rowId, frame_number: count, label_name: name, value: boolean, information_source_name: name },
  {
    annotator: nullable(name),
    video_hash: nullable(hash),
    raw_video_hash: nullable(hash),
    frame_relative_path: nullable(form(FRAME_PATH)),
    frame_timestamp: nullable(number(0)),
    float_value: nullable(number()),
  },
);

const videoSegment = object(
  {
    source_segment_id: rowId,
    start_frame_number: count,
    end_frame_number_exclusive: integer(1),
    label_name: name,
    source_kind: oneOf('manual_annotation', 'prediction'),
    validation_state: oneOf('unvalidated', 'validated'),
    export_segment: boolean,
    anonymous_provenance: object({ information_source_name: name }),
  },
  {
    source_node_key: name,
    video_hash: nullable(hash),
    raw_video_hash: nullable(hash),
    model_name: nullable(name),
    model_version: nullable(name),
  },
);

const rawPdfFile = object(
  {},
  {
    pdf_hash: hash,
    anonymized_text: nullable(form(/^[^\0\p{Cs}]*$/u, ANONYMIZED_TEXT_MAX)),
    state_report_processing_required: flag,
    state_report_processed: flag,
  },
);

const rawPdfState = object(
  {},
  {
    text_meta_extracted: flag,
    initial_prediction_completed: flag,
    sensitive_meta_processed: flag,
    anonymized: flag,
    anonymization_validated: flag,
    processing_started: flag,
    processing_error: flag,
    was_created: flag,
    pdf_meta_extracted: flag,
    processed_file_sha256: absentHash,
  },
);

const shared = {
  sensitive_meta: sensitiveMeta,
  processing_history: processingHistory,
  reports: nullable(list(report, REPORTS_MAX)),
};

/** "For video transfer": the rows as the site has them; everything may be missing until the site has it. */
export const VIDEO_ROWS = object(
  {},
  {
    video_file: nullable(videoFile),
    video_state: nullable(videoState),
    frame_annotations: nullable(list(frameAnnotation, FRAME_ANNOTATIONS_MAX)),
    video_segments: nullable(list(videoSegment, VIDEO_SEGMENTS_MAX)),
    ...shared,
  },
);
export type VideoRows = ValueOf<typeof VIDEO_ROWS>;

/** "For report transfer". */
export const REPORT_ROWS = object(
  {},
  { raw_pdf_file: nullable(rawPdfFile), raw_pdf_state: nullable(rawPdfState), ...shared },
);
export type ReportRows = ValueOf<typeof REPORT_ROWS>;

export type FrameAnnotationRow = ValueOf<typeof frameAnnotation>;
export type VideoSegmentRow = ValueOf<typeof videoSegment>;
export type ReportRow = ValueOf<typeof report>;

/** What a snapshot holds, by the kind of its resource. */
export type SnapshotRows = VideoRows & ReportRows;

export function rowsSchema(kind: ResourceKind): Schema<unknown> {
  return kind === 'video' ? VIDEO_ROWS : REPORT_ROWS;
}
