import { type JsonObject } from '../json.js';
import { type ResourceKind } from './top-level.js';

export type AnonymizationStatus =
  | 'not_started'
  | 'failed'
  | 'validated'
  | 'done_processing_anonymization'
  | 'processing_anonymization'
  | 'extracting_frames'
  | 'started'
  | 'anonymized';

/**
 * What the hub makes of a state row; the first match wins (hub contract 2.5). The two kinds are not alike: a
 * processing error outweighs the validation of a video, and not that of a report.
 */
export function anonymizationStatus(kind: ResourceKind, stateRow: JsonObject | undefined): AnonymizationStatus {
  if (stateRow === undefined || Object.keys(stateRow).length === 0) return 'not_started';
  return kind === 'video' ? videoStatus(stateRow) : reportStatus(stateRow);
}

function videoStatus(state: JsonObject): AnonymizationStatus {
  if (state['processing_error'] === true) return 'failed';
  if (state['anonymization_validated'] === true) return 'validated';
  if (state['sensitive_meta_processed'] === true) return 'done_processing_anonymization';
  if (state['frames_extracted'] === true && state['anonymized'] !== true) return 'processing_anonymization';
  if (state['was_created'] === true && state['frames_extracted'] !== true) return 'extracting_frames';
  if (state['processing_started'] === true) return 'started';
  return state['anonymized'] === true ? 'anonymized' : 'not_started';
}

function reportStatus(state: JsonObject): AnonymizationStatus {
  if (state['anonymization_validated'] === true) return 'validated';
  if (state['sensitive_meta_processed'] === true) return 'done_processing_anonymization';
  const started = state['processing_started'] === true;
  const error = state['processing_error'] === true;
  if (started && !error && state['anonymized'] !== true) return 'processing_anonymization';
  if (error) return 'failed';
  if (started) return 'started';
  return state['anonymized'] === true ? 'anonymized' : 'not_started';
}
