import { crash, refuseField } from '../answer.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { type ProfileTraits } from '../profiles.js';
import { type TopLevel } from './top-level.js';

/**
 * Compares the row's own identity with `resource_hash`, before any schema is looked at. The hub reads the key without
 * asking whether it is there, so a malformed row is an unhandled error, not a 400 (hub contract 2.4 and 2.6).
 * This is what a payload for another `3.0` profile runs into.
 */
export function requireLinkedHash(top: TopLevel, traits: ProfileTraits): void {
  if (!isJsonObject(top.resource_rows)) throw crash('resource_rows_not_an_object');
  const { row, key } =
    top.resource_kind === 'video'
      ? { row: top.resource_rows['video_file'], key: traits.videoIdentityKey }
      : { row: top.resource_rows['raw_pdf_file'], key: 'pdf_hash' };
  if (!isJsonObject(row)) throw refuseField('resource_rows', 'The row of the resource is missing.');
  const identity = row[key];
  if (typeof identity !== 'string') throw crash('identity_key_missing');
  if (identity.trim() === '') throw refuseField('resource_rows', `${key} is blank.`);
  if (identity !== top.resource_hash) throw refuseField('resource_hash', `Differs from ${key}.`);
}

/** Rows that hold more than pseudonyms are refused with the name of what they hold; hub contract 2.5. */
export function requirePrivate(top: TopLevel): void {
  const rows = top.resource_rows as JsonObject;
  const meta = rows['sensitive_meta'];
  if (isJsonObject(meta)) {
    const extra = Object.keys(meta).filter((key) => key !== 'patient_hash' && key !== 'examination_hash');
    if (extra.length > 0)
      throw refuseField('resource_rows', `sensitive_meta must not hold: ${extra.sort().join(', ')}.`);
  }
  const report = rows['raw_pdf_file'];
  if (isJsonObject(report) && report['text'] !== undefined) {
    throw refuseField('resource_rows', 'raw_pdf_file must not hold text.');
  }
}

/** The hash that uploaded media must have, or an empty text when the rows tell none; hub contract 2.4. */
export function expectedMediaHash(kind: TopLevel['resource_kind'], rows: JsonObject): string {
  const hash =
    kind === 'video'
      ? (rows['video_file'] as JsonObject)['processed_video_hash']
      : (rows['raw_pdf_state'] as JsonObject | undefined)?.['processed_file_sha256'];
  return typeof hash === 'string' ? hash : '';
}

/** With media to come, the rows must tell its hash in each place where the hub looks for it. */
export function requireMediaHashes(top: TopLevel, rows: JsonObject): void {
  if (top.transfer_mode !== 'metadata_and_processed_media') return;
  const video = top.resource_kind === 'video';
  if (video && expectedMediaHash('video', rows).trim() === '') {
    throw refuseField('resource_rows', 'processed_video_hash is missing.');
  }
  const state = rows[video ? 'video_state' : 'raw_pdf_state'] as JsonObject | undefined;
  if (state?.['processed_file_sha256'] === undefined) {
    throw refuseField('resource_rows', 'processed_file_sha256 is missing.');
  }
}
