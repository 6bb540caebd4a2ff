import { closed, defaulted, listOf, optional, required, type Field, type Shape } from './closed-schema.js';
import {
  anything,
  flag,
  hex64,
  hex64OrEmpty,
  integer,
  integerOrText,
  nonBlank,
  number,
  oneOf,
  strictFlag,
  strictIdentity,
  strictInteger,
  text,
} from './lax-values.js';
import { type ProfileTraits } from '../profiles.js';

/** What `resource_rows` may hold, for a kind and a profile; hub contract 2.2 and 2.3. */
export function resourceRowsShape(kind: 'video' | 'report', traits: ProfileTraits): Shape {
  return kind === 'video' ? videoRows(traits) : REPORT_ROWS;
}

const SENSITIVE_META = optional(closed({ patient_hash: required(hex64), examination_hash: required(hex64) }));

const PROCESSING_HISTORY = optional(closed({ file_hash: optional(text), success: optional(flag) }));

// The body of a report passes the schema and is refused when the metadata is applied.
const REPORTS = defaulted(
  listOf(
    closed({
      template_name: required(nonBlank),
      template_version: optional(integerOrText),
      template_hash: optional(text),
      status: defaulted(oneOf('final'), 'final'),
      version: defaulted(integer(1), 1),
      is_active: defaulted(oneOf(true), true),
      id: optional(integer(1)),
      patient_examination: optional(integer(1)),
      title: optional(anything),
      editor_payload: optional(anything),
      rendered_text: optional(anything),
      finalized_at: optional(anything),
    }),
  ),
  [],
);

const VIDEO_STATE = optional(
  closed({
    ...flags(
      'frames_extracted',
      'frames_initialized',
      'video_meta_extracted',
      'text_meta_extracted',
      'initial_prediction_completed',
      'lvs_created',
      'frame_annotations_generated',
      'sensitive_meta_processed',
      'anonymized',
      'anonymization_validated',
      'outside_segments_removed',
      'processing_error',
      'processing_started',
      'segment_annotations_created',
      'segment_annotations_validated',
      'was_created',
    ),
    frame_count: optional(integer(0)),
    processed_file_sha256: optional(hex64OrEmpty),
  }),
);

const RAW_PDF_STATE = optional(
  closed({
    ...flags(
      'text_meta_extracted',
      'initial_prediction_completed',
      'sensitive_meta_processed',
      'anonymized',
      'anonymization_validated',
      'processing_started',
      'processing_error',
      'was_created',
      'pdf_meta_extracted',
    ),
    processed_file_sha256: optional(hex64OrEmpty),
  }),
);

const REPORT_ROWS = closed({
  raw_pdf_file: required(
    closed({
      pdf_hash: required(text),
      anonymized_text: required(nonBlank),
      state_report_processing_required: optional(flag),
      state_report_processed: optional(flag),
    }),
  ),
  raw_pdf_state: RAW_PDF_STATE,
  sensitive_meta: SENSITIVE_META,
  processing_history: PROCESSING_HISTORY,
  reports: REPORTS,
});

function videoRows({ videoIdentityKey, acceptsVideoSegments }: ProfileTraits): Shape {
  return closed({
    video_file: required(
      closed({
        [videoIdentityKey]: required(text),
        processed_video_hash: optional(text),
        fps: optional(number(0)),
        duration: optional(number(0)),
        frame_count: optional(integer(0)),
        width: optional(integer(1)),
        height: optional(integer(1)),
        suffix: optional(text),
      }),
    ),
    video_state: VIDEO_STATE,
    sensitive_meta: SENSITIVE_META,
    processing_history: PROCESSING_HISTORY,
    frame_annotations: defaulted(listOf(frameAnnotation(videoIdentityKey)), []),
    reports: REPORTS,
    ...(acceptsVideoSegments ? { video_segments: defaulted(listOf(videoSegment(videoIdentityKey)), []) } : {}),
  });
}

function frameAnnotation(videoIdentityKey: string): Shape {
  return closed({
    annotation_id: required(integerOrText),
    annotator: optional(text),
    [videoIdentityKey]: optional(text),
    frame_number: required(integer(0)),
    frame_relative_path: required(nonBlank),
    frame_timestamp: optional(number(0)),
    label_name: required(nonBlank),
    value: required(flag),
    float_value: optional(number()),
    information_source_name: required(nonBlank),
  });
}

function videoSegment(videoIdentityKey: string): Shape {
  return closed({
    source_node_key: required(nonBlank),
    source_segment_id: required(strictIdentity),
    [videoIdentityKey]: required(nonBlank),
    start_frame_number: required(strictInteger(0)),
    end_frame_number_exclusive: required(strictInteger(1)),
    label_name: required(nonBlank),
    source_kind: required(oneOf('manual_annotation', 'prediction')),
    validation_state: required(oneOf('unvalidated', 'validated')),
    export_segment: required(strictFlag),
    anonymous_provenance: required(closed({ information_source_name: required(nonBlank) })),
    model_name: optional(nonBlank),
    model_version: optional(nonBlank),
  });
}

function flags(...names: readonly string[]): Record<string, Field> {
  return Object.fromEntries(names.map((name) => [name, optional(flag)]));
}
