import { isObject } from '../closed-schema.js';
import type { Fault } from '../contract-fault.js';
import { transferKey } from '../identity.js';
import type { ProfileTraits } from './profile-traits.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * The rules across members (hub contract 2.2, 2.4, 2.5, 2.7). Each speaks only where what it compares is there;
 * what is missing or of the wrong type is the schema's word.
 */
export function ruleFaults(traits: ProfileTraits, payload: Row): readonly Fault[] {
  const rows = row(payload.resource_rows);
  const ofKind = payload.resource_kind === 'report' ? reportFaults(payload, rows) : videoFaults(traits, payload, rows);
  return [...identityFaults(payload), ...ofKind, ...reportsNeedExamination(traits, rows), ...provenanceFaults(payload)];
}

/** "The sender must compute a deterministic `transfer_key`." */
function identityFaults({ transfer_key, source_node_key, resource_kind, resource_hash }: Row): readonly Fault[] {
  if (typeof transfer_key !== 'string' || typeof source_node_key !== 'string' || typeof resource_hash !== 'string')
    return [];
  if (resource_kind !== 'video' && resource_kind !== 'report') return [];
  return mismatch(
    'transfer_key',
    'transfer_key_mismatch',
    transfer_key,
    transferKey({ source_node_key, resource_kind, resource_hash }),
  );
}

function videoFaults(traits: ProfileTraits, payload: Row, rows: Row): readonly Fault[] {
  const file = row(rows.video_file);
  const state = row(rows.video_state);
  const key = traits.videoKey;
  const expectedHistory = traits.videoHistory === 'resource' ? payload.resource_hash : file.processed_video_hash;
  return [
    ...mismatch(`resource_rows.video_file.${key}`, 'resource_hash_mismatch', file[key], payload.resource_hash),
    // The hub finds this one only when the media comes.
    ...mismatch(
      'resource_rows.video_state.processed_file_sha256',
      'processed_hash_mismatch',
      state.processed_file_sha256,
      file.processed_video_hash,
    ),
    ...gate('resource_rows.video_state', rows.video_state),
    ...historyFaults(rows, expectedHistory),
    ...items(rows.frame_annotations).flatMap((annotation, position) =>
      mismatch(
        `resource_rows.frame_annotations.${position}.${key}`,
        'resource_hash_mismatch',
        annotation[key],
        payload.resource_hash,
      ),
    ),
    ...(traits.videoSegments ? segmentFaults(key, payload, rows) : []),
  ];
}

function reportFaults(payload: Row, rows: Row): readonly Fault[] {
  const hash = row(rows.raw_pdf_file).pdf_hash;
  return [
    ...mismatch('resource_rows.raw_pdf_file.pdf_hash', 'resource_hash_mismatch', hash, payload.resource_hash),
    ...gate('resource_rows.raw_pdf_state', rows.raw_pdf_state),
    ...historyFaults(rows, payload.resource_hash),
  ];
}

/** "Eligible: … only `validated`": the hub reads it from the flags of the state row. */
function gate(field: string, state: unknown): readonly Fault[] {
  if (!isObject(state)) return [];
  const { anonymization_validated: validated } = state;
  return validated === undefined || validated === false
    ? [{ field: `${field}.anonymization_validated`, code: 'not_validated' }]
    : [];
}

function historyFaults(rows: Row, expected: unknown): readonly Fault[] {
  const told = row(rows.processing_history).file_hash;
  return mismatch('resource_rows.processing_history.file_hash', 'history_hash_mismatch', told, expected);
}

function segmentFaults(key: string, payload: Row, rows: Row): readonly Fault[] {
  const segments = items(rows.video_segments);
  const frames = row(rows.video_file).frame_count;
  const noFrames = segments.length > 0 && isObject(rows.video_file) && (frames === undefined || frames === 0);
  const seen = new Set<string>();
  const faults: Fault[] = noFrames
    ? [{ field: 'resource_rows.video_file.frame_count', code: 'required_by_segments' }]
    : [];
  segments.forEach((segment, position) => {
    const field = (member: string): string => `resource_rows.video_segments.${position}.${member}`;
    faults.push(
      ...mismatch(field(key), 'resource_hash_mismatch', segment[key], payload.resource_hash),
      ...mismatch(field('source_node_key'), 'source_node_mismatch', segment.source_node_key, payload.source_node_key),
      ...rangeFaults(field('end_frame_number_exclusive'), segment, frames),
      ...modelFaults(field, segment),
    );
    const id = JSON.stringify([segment.source_node_key, String(segment.source_segment_id)]);
    if (seen.has(id)) faults.push({ field: field('source_segment_id'), code: 'not_unique' });
    seen.add(id);
  });
  return faults;
}

function rangeFaults(field: string, segment: Row, frames: unknown): readonly Fault[] {
  const { start_frame_number: start, end_frame_number_exclusive: end } = segment;
  if (typeof end !== 'number') return [];
  const faults: Fault[] = [];
  if (typeof start === 'number' && end <= start) faults.push({ field, code: 'end_before_start' });
  if (typeof frames === 'number' && frames > 0 && end > frames) faults.push({ field, code: 'beyond_frame_count' });
  return faults;
}

/** "both or none; only for `prediction` with `export_segment` true". */
function modelFaults(field: (member: string) => string, segment: Row): readonly Fault[] {
  const { model_name: name, model_version: version } = segment;
  if (name === undefined && version === undefined) return [];
  if (name === undefined) return [{ field: field('model_name'), code: 'model_incomplete' }];
  if (version === undefined) return [{ field: field('model_version'), code: 'model_incomplete' }];
  const allowed = segment.source_kind === 'prediction' && segment.export_segment === true;
  return allowed ? [] : [{ field: field('model_name'), code: 'model_not_allowed' }];
}

/** "`reports` non-empty needs a linked examination"; where the schema asks for the hashes anyway it says so itself. */
function reportsNeedExamination(traits: ProfileTraits, rows: Row): readonly Fault[] {
  if (traits.pseudonymsRequired || items(rows.reports).length === 0 || rows.sensitive_meta !== undefined) return [];
  return [{ field: 'resource_rows.sensitive_meta', code: 'required_by_reports' }];
}

/** The hub overwrites these with its own words and compares a replay with them: other words look like another payload. */
function provenanceFaults(payload: Row): readonly Fault[] {
  return Object.entries(row(payload.provenance))
    .filter(([name]) => name !== 'entrypoint' && Object.hasOwn(payload, name))
    .flatMap(([name, told]) => mismatch(`provenance.${name}`, 'provenance_mismatch', told, payload[name]));
}

function mismatch(field: string, code: string, told: unknown, expected: unknown): readonly Fault[] {
  return typeof told === 'string' && typeof expected === 'string' && told !== expected ? [{ field, code }] : [];
}

function row(value: unknown): Row {
  return isObject(value) ? value : {};
}

function items(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.map(row) : [];
}
