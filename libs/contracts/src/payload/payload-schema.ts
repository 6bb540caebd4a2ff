import { boolean, either, form, integer, list, number, object, oneOf, type Schema, text } from '../closed-schema.js';
import { NODE_KEY, SHA256_HEX, TRANSFER_KEY_LENGTH_MAX } from '../identity.js';
import {
  ANONYMIZED_TEXT_MAX,
  FRAME_ANNOTATIONS_MAX,
  FRAME_PATH,
  REPORTS_MAX,
  VIDEO_SEGMENTS_MAX,
} from '../snapshot/rows.js';
import { HUB_PROFILES, type HubProfile, type ResourceKind, TRANSFER_MODE } from '../vocabulary.js';
import { PROFILE_TRAITS, type ProfileTraits } from './profile-traits.js';

/** Hub contract, chapter 4. */
export const PROCESSING_POLICIES = [
  'reprocess_always',
  'reprocess_if_missing_outputs',
  'preserve_processing_state',
  'ingest_only_no_processing',
] as const;
export const PROCESSING_INTENTS = [
  'sender_requests_hub_processing',
  'sender_requests_state_preservation',
  'sender_requests_archive_only',
] as const;
export const HUB_CLEANUP_POLICIES = [
  'retain_all',
  'delete_central_raw_after_apply',
  'delete_central_raw_after_verified_backup',
  'delete_central_source_after_anonymized_derivatives_exist',
] as const;

/** The hub trims what it reads, so padded text would not be what was sent. */
const word = text(255, /^\S(?:[\s\S]*\S)?$/);
const hash = form(SHA256_HEX, 64);
const rowId = either(integer(0), word);

const sensitiveMeta = object({ patient_hash: hash, examination_hash: hash });
const processingHistory = object({ file_hash: hash, success: boolean });
const reports = list(
  object(
    { template_name: word, status: oneOf('final'), version: integer(1), is_active: oneOf(true) },
    { template_version: word, template_hash: word },
  ),
  REPORTS_MAX,
);

const videoState = object(
  { processed_file_sha256: hash },
  {
    processing_started: boolean,
    frames_extracted: boolean,
    sensitive_meta_processed: boolean,
    frame_annotations_generated: boolean,
    anonymized: boolean,
    anonymization_validated: boolean,
    outside_segments_removed: boolean,
    segment_annotations_created: boolean,
    segment_annotations_validated: boolean,
  },
);

const rawPdfState = object(
  { processed_file_sha256: hash },
  {
    processing_started: boolean,
    text_meta_extracted: boolean,
    sensitive_meta_processed: boolean,
    anonymized: boolean,
    anonymization_validated: boolean,
  },
);

/**
 * The payload as this hub takes it: the hub's closed schemas (hub contract 2.1 to 2.3, 2.7), narrowed by the stricter
 * sender's contract (strict types, no null, no person). Rules across members are in `payload-rules`.
 */
export function payloadSchema(profile: HubProfile, kind: ResourceKind): Schema<unknown> {
  return SCHEMAS[profile][kind];
}

const SCHEMAS = Object.fromEntries(
  HUB_PROFILES.map((profile) => {
    const traits = PROFILE_TRAITS[profile];
    return [profile, { video: payload('video', traits), report: payload('report', traits) }];
  }),
) as Readonly<Record<HubProfile, Readonly<Record<ResourceKind, Schema<unknown>>>>>;

function payload(kind: ResourceKind, traits: ProfileTraits): Schema<unknown> {
  return object(
    {
      transfer_key: text(TRANSFER_KEY_LENGTH_MAX, /^[^\s/]+$/),
      source_node_key: form(NODE_KEY),
      target_node_key: form(NODE_KEY),
      source_center_key: text(255, traits.centerKey),
      resource_kind: oneOf(kind),
      resource_hash: hash,
      transfer_mode: oneOf(TRANSFER_MODE),
      processing_policy: oneOf(...PROCESSING_POLICIES),
      processing_intent: oneOf(...PROCESSING_INTENTS),
      cleanup_policy: oneOf(...HUB_CLEANUP_POLICIES),
      payload_schema_version: oneOf(traits.schemaVersion),
      resource_rows: kind === 'video' ? videoRows(traits) : reportRows(traits),
      processing_snapshot: object({ sender_processing_success: boolean }),
    },
    {
      provenance: object(
        {},
        {
          entrypoint: word,
          source_node_key: word,
          target_node_key: word,
          source_center_key: word,
          transfer_mode: word,
          processing_policy: word,
          cleanup_policy: word,
        },
      ),
    },
  );
}

function videoRows(traits: ProfileTraits): Schema<unknown> {
  const own = { [traits.videoKey]: hash };
  return object(
    {
      video_file: object(
        { ...own, processed_video_hash: hash },
        {
          suffix: word,
          fps: number(0),
          duration: number(0),
          frame_count: integer(0),
          width: integer(1),
          height: integer(1),
        },
      ),
      video_state: videoState,
      processing_history: processingHistory,
      frame_annotations: list(frameAnnotation(own), FRAME_ANNOTATIONS_MAX),
      ...(traits.videoSegments ? { video_segments: list(videoSegment(own), VIDEO_SEGMENTS_MAX) } : {}),
      reports,
      ...(traits.pseudonymsRequired ? { sensitive_meta: sensitiveMeta } : {}),
    },
    traits.pseudonymsRequired ? {} : { sensitive_meta: sensitiveMeta },
  );
}

function reportRows(traits: ProfileTraits): Schema<unknown> {
  return object(
    {
      raw_pdf_file: object({ pdf_hash: hash, anonymized_text: text(ANONYMIZED_TEXT_MAX) }),
      raw_pdf_state: rawPdfState,
      processing_history: processingHistory,
      reports,
      ...(traits.pseudonymsRequired ? { sensitive_meta: sensitiveMeta } : {}),
    },
    traits.pseudonymsRequired ? {} : { sensitive_meta: sensitiveMeta },
  );
}

function frameAnnotation(own: Readonly<Record<string, Schema<string>>>): Schema<unknown> {
  return object(
    {
      ...own,
      annotation_id: rowId,
      frame_number: integer(0),
      frame_relative_path: form(FRAME_PATH),
      label_name: word,
      value: boolean,
      information_source_name: word,
    },
    { frame_timestamp: number(0), float_value: number() },
  );
}

function videoSegment(own: Readonly<Record<string, Schema<string>>>): Schema<unknown> {
  return object(
    {
      ...own,
      source_node_key: form(NODE_KEY),
      source_segment_id: rowId,
      start_frame_number: integer(0),
      end_frame_number_exclusive: integer(1),
      label_name: word,
      source_kind: oneOf('manual_annotation', 'prediction'),
      validation_state: oneOf('unvalidated', 'validated'),
      export_segment: boolean,
      anonymous_provenance: object({ information_source_name: word }),
    },
    { model_name: word, model_version: word },
  );
}
