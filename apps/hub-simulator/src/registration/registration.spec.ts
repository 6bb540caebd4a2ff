import { HubRefusal } from '../answer.js';
import { profileTraits, PROFILE_NAMES, type ProfileName } from '../profiles.js';
import { NETWORK, reportPayload, segment, sha256, VIDEO_HASH, videoPayload } from '../testing/payloads.testing.js';
import { readRegistration } from './registration.js';

type Json = Record<string, unknown>;
const ENVELOPES: readonly ProfileName[] = ['endoreg-3.0-envelope', 'endoreg-3.0-envelope-raw-hash'];

/** What the hub says of a body: nothing, or the status with the keys of the answer, e.g. `400 resource_rows`. */
function verdict(body: unknown, profile: ProfileName): string {
  try {
    readRegistration(body, NETWORK, profileTraits(profile));
    return 'sound';
  } catch (error) {
    if (!(error instanceof HubRefusal)) throw error;
    const { status, body: answer } = error.answer;
    if (typeof answer !== 'object' || answer === null) return String(status);
    expect(Object.values(answer).every((messages) => Array.isArray(messages))).toBe(true);
    return `${status} ${Object.keys(answer).join(' ')}`;
  }
}

/** A payload with values put in at their paths; undefined takes a key away. */
function changed(payload: Json, changes: Readonly<Record<string, unknown>>): Json {
  const copy = structuredClone(payload);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const holder = keys.reduce<Json>((at, key) => at[key] as Json, copy);
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
  return copy;
}

describe('the rules of a registration', () => {
  it.each(PROFILE_NAMES)('%s takes a sound video and a sound report', (profile) => {
    expect(verdict(videoPayload(profile), profile)).toBe('sound');
    expect(verdict(reportPayload(profile), profile)).toBe('sound');
  });

  const everywhere: [string, Record<string, unknown>, string][] = [
    ['no key', { transfer_key: undefined }, '400 transfer_key'],
    ['a blank key', { transfer_key: '  ' }, '400 transfer_key'],
    ['a key of 256', { transfer_key: 'k'.repeat(256) }, '400 transfer_key'],
    ['a null key', { transfer_key: null }, '400 transfer_key'],
    ['two faults', { transfer_key: '', resource_kind: 'image' }, '400 transfer_key resource_kind'],
    ['an unknown top-level field', { anything: 1 }, 'sound'],
    ['no version', { payload_schema_version: undefined }, '400 payload_schema_version'],
    ['version 1.0', { payload_schema_version: '1.0' }, '400 payload_schema_version'],
    ['a padded version', { payload_schema_version: ' {own} ' }, 'sound'],
    ['raw media', { transfer_mode: 'metadata_and_raw_media' }, '400 transfer_mode'],
    ['an unknown mode', { transfer_mode: 'everything' }, '400 transfer_mode'],
    ['an unknown policy', { cleanup_policy: 'burn' }, '400 cleanup_policy'],
    ['an unknown source', { source_node_key: 'nobody' }, '400 source_node_key'],
    ['an inactive source', { source_node_key: 'site-off' }, '400 source_node_key'],
    ['an unknown target', { target_node_key: 'nowhere' }, '400 target_node_key'],
    ['no target', { target_node_key: '' }, 'sound'],
    ['an unknown center', { source_center_key: 'center-z' }, '400 source_center_key'],
    ['no center', { source_center_key: undefined }, 'sound'],
    ['null rows', { resource_rows: null }, '400 resource_rows'],
    ['no rows', { resource_rows: undefined }, '400 resource_rows'],
    ['rows as a list', { resource_rows: [] }, '500'],
    ['another hash', { resource_hash: 'other' }, '400 resource_hash'],
    ['an unknown row', { 'resource_rows.extra': {} }, '400 resource_rows'],
    ['a video without file', { 'resource_rows.video_file': undefined }, '400 resource_rows'],
    ['a video without identity', { 'resource_rows.video_file.{identity}': undefined }, '500'],
    ['a video whose identity is a number', { 'resource_rows.video_file.{identity}': 1 }, '500'],
    ['a video whose identity is blank', { 'resource_rows.video_file.{identity}': ' ' }, '400 resource_rows'],
    ['a file name', { 'resource_rows.video_file.original_file_name': 'a' }, '400 resource_rows'],
    ['a patient name', { 'resource_rows.sensitive_meta.patient_first_name': 'A' }, '400 resource_rows'],
    ['half the pseudonyms', { 'resource_rows.sensitive_meta.patient_hash': undefined }, '400 resource_rows'],
    ['no pseudonyms', { 'resource_rows.sensitive_meta': undefined }, 'sound'],
    ['pseudonyms in capitals', { 'resource_rows.sensitive_meta.patient_hash': 'A'.repeat(64) }, 'sound'],
    ['a short pseudonym', { 'resource_rows.sensitive_meta.patient_hash': 'abc' }, '400 resource_rows'],
    ['a negative rate', { 'resource_rows.video_file.fps': -1 }, '400 resource_rows'],
    ['a rate as text', { 'resource_rows.video_file.fps': '25.0' }, 'sound'],
    ['a width of 0', { 'resource_rows.video_file.width': 0 }, '400 resource_rows'],
    ['a null width', { 'resource_rows.video_file.width': null }, 'sound'],
    ['half a frame', { 'resource_rows.video_file.frame_count': 1.5 }, '400 resource_rows'],
    ['no processed hash', { 'resource_rows.video_file.processed_video_hash': undefined }, '400 resource_rows'],
    ['no hash of the file', { 'resource_rows.video_state.processed_file_sha256': '' }, '400 resource_rows'],
    ['two hashes that differ', { 'resource_rows.video_file.processed_video_hash': 'f'.repeat(64) }, 'sound'],
    ['no state', { 'resource_rows.video_state': undefined }, '400 resource_rows'],
    ['an error beside validation', { 'resource_rows.video_state.processing_error': true }, '400 resource_rows'],
    ['no validation', { 'resource_rows.video_state.anonymization_validated': false }, '400 resource_rows'],
    ['validation as a text', { 'resource_rows.video_state.anonymization_validated': 'yes' }, 'sound'],
    ['an annotation without frame', { 'resource_rows.frame_annotations': [{ annotation_id: 1 }] }, '400 resource_rows'],
    [
      'a draft of a report',
      { 'resource_rows.reports': [{ template_name: 'a', status: 'draft' }] },
      '400 resource_rows',
    ],
    ['a report by somebody', { 'resource_rows.reports': [{ template_name: 'a', created_by: 1 }] }, '400 resource_rows'],
    ['a snapshot with more', { processing_snapshot: { other: 1 } }, '400 resource_rows'],
    ['a null in the snapshot', { processing_snapshot: { sender_processing_success: null } }, 'sound'],
  ];

  describe.each(PROFILE_NAMES)('of %s, for a video with', (profile) => {
    const { videoIdentityKey, payloadSchemaVersion } = profileTraits(profile);
    it.each(everywhere)('%s', (_what, changes, expected) => {
      const own = Object.fromEntries(
        Object.entries(changes).map(([path, value]) => [
          path.replace('{identity}', videoIdentityKey),
          typeof value === 'string' ? value.replace('{own}', payloadSchemaVersion) : value,
        ]),
      );
      expect(verdict(changed(videoPayload(profile), own), profile)).toBe(expected);
    });
  });

  it.each(PROFILE_NAMES)('%s: for a report', (profile) => {
    const outcome = (changes: Record<string, unknown>) => verdict(changed(reportPayload(profile), changes), profile);
    expect(outcome({ 'resource_rows.raw_pdf_file.pdf_hash': undefined })).toBe('500');
    expect(outcome({ 'resource_rows.raw_pdf_file.text': 'clinical' })).toBe('400 resource_rows');
    expect(outcome({ 'resource_rows.raw_pdf_file.anonymized_text': ' ' })).toBe('400 resource_rows');
    expect(outcome({ 'resource_rows.raw_pdf_state.processed_file_sha256': undefined })).toBe('400 resource_rows');
    // Unlike a video, a report may be validated in spite of an error.
    expect(outcome({ 'resource_rows.raw_pdf_state.processing_error': true })).toBe('sound');
    expect(outcome({ 'resource_rows.video_file': {} })).toBe('400 resource_rows');
  });

  it('binds the center to the node from 3.0 on', () => {
    const free = { source_node_key: 'site-free', source_center_key: '' };
    expect(verdict(changed(videoPayload('endoreg-2.0'), free), 'endoreg-2.0')).toBe('sound');
    expect(verdict(changed(videoPayload(), free), 'endoreg-3.0')).toBe('400 source_center_key');
  });

  it('knows segments from 3.0 on', () => {
    const payload = changed(videoPayload('endoreg-2.0'), { 'resource_rows.video_segments': [] });
    expect(verdict(payload, 'endoreg-2.0')).toBe('400 resource_rows');
  });

  it.each<[string, Json[], string]>([
    ['one', [segment()], 'sound'],
    ['two', [segment(), segment({ source_segment_id: 'two' })], 'sound'],
    ['one twice', [segment(), segment()], '400 resource_rows'],
    ['one of another video', [segment({ video_hash: 'other' })], '400 resource_rows'],
    ['one from another node', [segment({ source_node_key: 'site-02' })], '400 resource_rows'],
    ['one beyond the end', [segment({ end_frame_number_exclusive: 113 })], '400 resource_rows'],
    ['one up to the end', [segment({ end_frame_number_exclusive: 112 })], 'sound'],
    ['an empty one', [segment({ start_frame_number: 10 })], '400 resource_rows'],
    ['a frame as text', [segment({ start_frame_number: '0' })], '400 resource_rows'],
    ['an id that is a yes', [segment({ source_segment_id: true })], '400 resource_rows'],
    ['half a model', [segment({ source_kind: 'prediction', model_name: 'model-a' })], '400 resource_rows'],
    ['a model of a hand', [segment({ model_name: 'model-a', model_version: '1' })], '400 resource_rows'],
    ['a model', [segment({ source_kind: 'prediction', model_name: 'model-a', model_version: '1' })], 'sound'],
  ])('judges segments: %s', (_what, segments, expected) => {
    expect(verdict(changed(videoPayload(), { 'resource_rows.video_segments': segments }), 'endoreg-3.0')).toBe(
      expected,
    );
  });

  it('fails on the video of the other envelope profile', () => {
    for (const [profile, other] of [ENVELOPES, [...ENVELOPES].reverse()] as [ProfileName, ProfileName][]) {
      expect(verdict(videoPayload(other), profile)).toBe('500');
    }
  });

  it('repeats what was submitted in its complaint, so that nobody may log it', () => {
    const body = changed(videoPayload(), { 'resource_rows.video_file.suffix': { canary: 'John Doe' } });
    const complaint = () => readRegistration(body, NETWORK, profileTraits('endoreg-3.0'));
    expect(complaint).toThrow(HubRefusal);
    try {
      complaint();
    } catch (error) {
      expect(JSON.stringify((error as HubRefusal).answer.body)).toContain('John Doe');
    }
  });

  it('reads the same canonical rows whatever the spelling', () => {
    const traits = profileTraits('endoreg-3.0');
    const plain = readRegistration(videoPayload(), NETWORK, traits).rows;
    const odd = changed(videoPayload(), {
      'resource_rows.video_file.fps': '25',
      'resource_rows.sensitive_meta.patient_hash': sha256('patient').toUpperCase(),
      'resource_rows.video_file.width': '1280',
      'resource_rows.video_state.processing_error': null,
      'resource_rows.reports': undefined,
      'resource_rows.video_segments': undefined,
    });
    expect(readRegistration(odd, NETWORK, traits).rows).toEqual(plain);
    expect(plain['video_file']).toMatchObject({ video_hash: VIDEO_HASH });
  });
});
