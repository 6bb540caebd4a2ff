import { refuseField } from '../answer.js';
import { type JsonObject } from '../json.js';
import { type ProfileTraits } from '../profiles.js';

/** The rules of `video_segments` that no schema can tell; hub contract 2.2. Expects rows that passed the schema. */
export function requireSoundSegments(rows: JsonObject, sourceNodeKey: string, traits: ProfileTraits): void {
  const segments = segmentsOf(rows);
  if (segments.length === 0) return;
  const video = rows['video_file'] as JsonObject;
  const frameCount = video['frame_count'];
  if (typeof frameCount !== 'number' || frameCount === 0) throw fault('need the frame_count of the video');
  const seen = new Set<string>();
  for (const segment of segments) {
    const end = segment['end_frame_number_exclusive'] as number;
    if (segment[traits.videoIdentityKey] !== video[traits.videoIdentityKey]) throw fault('belong to another video');
    if (end <= (segment['start_frame_number'] as number)) throw fault('end before they start');
    if (end > frameCount) throw fault('end after the video');
    if (segment['source_node_key'] !== sourceNodeKey) throw fault('come from another node');
    if (seen.has(segmentIdentity(segment))) throw fault('are told twice');
    seen.add(segmentIdentity(segment));
    requireWholeModel(segment);
  }
}

/** What makes a segment the same one in a later registration: the node and its number there. */
export function segmentIdentity(segment: JsonObject): string {
  return JSON.stringify([segment['source_node_key'], segment['source_segment_id']]);
}

/** The segments of a video; none in a report. */
export function segmentsOf(rows: JsonObject): readonly JsonObject[] {
  return (rows['video_segments'] ?? []) as readonly JsonObject[];
}

function requireWholeModel(segment: JsonObject): void {
  const named = segment['model_name'] !== undefined;
  if (named !== (segment['model_version'] !== undefined)) throw fault('name half a model');
  if (named && (segment['source_kind'] !== 'prediction' || segment['export_segment'] !== true)) {
    throw fault('name a model without being an exported prediction');
  }
}

function fault(what: string): Error {
  return refuseField('resource_rows', `Segments ${what}.`);
}
