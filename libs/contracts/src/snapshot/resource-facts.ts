import { documentDigest } from '../canonical-json.js';
import type { ResourceReported } from '../events/resource-events.js';
import type { TransferIdentity } from '../identity.js';
import { type AnonymizationState, anonymizationStateOf, type ResourceKind } from '../vocabulary.js';
import type { ResourceSnapshot } from './resource-snapshot.js';
import type { SnapshotRows } from './rows.js';

/** What `ResourceReported` says, without when and by whom. */
export type ResourceFacts = Omit<ResourceReported, 'type' | 'at' | 'by'>;

/** The facts of a snapshot that rules and auditors need; clinical text and paths stay behind. */
export function resourceFacts(snapshot: ResourceSnapshot, identity: TransferIdentity): ResourceFacts {
  const { rows, processed_media: media } = snapshot;
  return {
    resource_kind: identity.resource_kind,
    resource_hash: identity.resource_hash,
    source_node_key: identity.source_node_key,
    source_version: snapshot.source_version,
    snapshot_digest: documentDigest(snapshot),
    local_id: snapshot.local_id ?? null,
    center_key: snapshot.center_key ?? null,
    anonymization_state: stateOf(snapshot, identity.resource_kind),
    processing_error:
      snapshot.processing_error === true || stateRow(rows, identity.resource_kind)?.processing_error === true,
    processed_media: {
      present: media.present,
      sha256: media.sha256 ?? null,
      size: media.size ?? null,
      suffix: media.suffix ?? null,
    },
    segment_status: snapshot.segment_status ?? null,
    hashes_consistent: hashesAgree(snapshot, identity),
    content_complete: identity.resource_kind === 'video' ? hasVideoFacts(rows) : hasAnonymizedText(rows),
    patient_hash: lower(rows.sensitive_meta?.patient_hash),
    examination_hash: lower(rows.sensitive_meta?.examination_hash),
  };
}

/** A site that says VALIDATED while its own row denies it contradicts itself; that is no known state. */
function stateOf(snapshot: ResourceSnapshot, kind: ResourceKind): AnonymizationState {
  const state = anonymizationStateOf(snapshot.anonymization_state);
  if (state !== 'VALIDATED') return state;
  return stateRow(snapshot.rows, kind)?.anonymization_validated === true ? state : 'UNKNOWN';
}

/** Hub contract 2.4, and what the hub does not check but fails on later: all hashes of the processed media are one. */
function hashesAgree(snapshot: ResourceSnapshot, { resource_kind: kind, resource_hash }: TransferIdentity): boolean {
  const { rows, processed_media: media } = snapshot;
  const own = kind === 'video' ? ownVideoHashes(rows) : [rows.raw_pdf_file?.pdf_hash];
  if (own.length === 0 || own.some((hash) => lower(hash) !== resource_hash)) return false;
  const processed = [media.sha256, stateRow(rows, kind)?.processed_file_sha256];
  if (kind === 'video') processed.push(rows.video_file?.processed_video_hash);
  const told = processed.map((hash) => lower(hash)).filter((hash) => hash !== null);
  // Before there is media a hash may be missing, but those that are told agree already then.
  return new Set(told).size <= 1 && (!media.present || told.length === processed.length);
}

/** Every row's word for the video's own hash; annotations and segments may leave it out. */
function ownVideoHashes(rows: SnapshotRows): readonly (string | null | undefined)[] {
  const told = [rows.video_file, ...(rows.frame_annotations ?? []), ...(rows.video_segments ?? [])]
    .flatMap((row) => [row?.video_hash, row?.raw_video_hash])
    .filter((hash) => hash !== null && hash !== undefined);
  const file = rows.video_file?.video_hash ?? rows.video_file?.raw_video_hash;
  return file === undefined ? [] : [...new Set(told)];
}

function hasVideoFacts({ video_file: file }: SnapshotRows): boolean {
  if (!file || !((file.frame_count ?? 0) > 0)) return false;
  return [file.fps, file.duration, file.width, file.height].every((fact) => fact !== null && fact !== undefined);
}

function hasAnonymizedText({ raw_pdf_file: file }: SnapshotRows): boolean {
  return (file?.anonymized_text ?? '').trim() !== '';
}

function stateRow(rows: SnapshotRows, kind: ResourceKind): SnapshotRows['raw_pdf_state'] | SnapshotRows['video_state'] {
  return kind === 'video' ? rows.video_state : rows.raw_pdf_state;
}

/** A hash in lower case; `null` where there is none ("" counts as absent). */
function lower(hash: string | null | undefined): string | null {
  return hash ? hash.toLowerCase() : null;
}
