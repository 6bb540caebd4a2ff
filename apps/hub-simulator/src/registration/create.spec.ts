import { HubRefusal } from '../answer.js';
import { profileTraits, type ProfileName } from '../profiles.js';
import { NETWORK, segment, sha256, videoPayload } from '../testing/payloads.testing.js';
import { HubMemory } from '../transfer/hub-memory.js';
import { type TransferJob } from '../transfer/transfer-job.js';
import { decideCreate, type CreateDecision } from './create.js';
import { readRegistration } from './registration.js';

const AT = '2026-11-01T10:00:00.000Z';
const THREE: readonly ProfileName[] = ['endoreg-3.0', 'endoreg-3.0-envelope'];

describe('what a registration comes to', () => {
  let hub: HubMemory;
  beforeEach(() => (hub = new HubMemory()));

  type Payload = ReturnType<typeof videoPayload>;

  function decide(payload: Payload, profile: ProfileName = 'endoreg-3.0'): CreateDecision {
    const traits = profileTraits(profile);
    const stamp = { id: 'the-id', at: AT };
    return decideCreate(readRegistration(payload, NETWORK, traits), hub, NETWORK.models, stamp, traits);
  }

  function register(payload: Payload, profile?: ProfileName): TransferJob {
    const decision = decide(payload, profile);
    if (decision.outcome !== 'created' && decision.outcome !== 'stuck') throw new Error(decision.outcome);
    hub.apply({ type: 'TransferRegistered', job: decision.job });
    return decision.job;
  }

  function with_(change: Partial<Payload>, rows: Record<string, unknown> = {}, profile?: ProfileName): Payload {
    const payload = videoPayload(profile);
    return { ...payload, ...change, resource_rows: { ...payload.resource_rows, ...rows } };
  }

  function refusal(payload: Payload, profile?: ProfileName): unknown {
    try {
      return decide(payload, profile).outcome;
    } catch (error) {
      if (!(error instanceof HubRefusal)) throw error;
      return error.answer.body;
    }
  }

  it('waits for media', () => {
    expect(register(videoPayload())).toMatchObject({
      id: 'the-id',
      transfer_status: 'awaiting_media',
      processing_decision: 'wait_for_missing_media',
      target_object_id: 1,
      linked_patient_id: 1,
      created_at: AT,
    });
  });

  it('is deferred in its cleaning up unless everything is retained', () => {
    expect(register(with_({ cleanup_policy: 'delete_central_raw_after_apply' })).cleanup_status).toBe('deferred');
  });

  it('is unresolved without pseudonyms', () => {
    const job = register(with_({}, { sensitive_meta: undefined }));
    expect(job).toMatchObject({ case_resolution_status: 'unresolved', linked_patient_id: null });
  });

  it('is inconsistent when success is claimed without media: what leaving out the mode comes to', () => {
    const { transfer_mode: _mode, ...payload } = videoPayload();
    expect(register(payload as Payload)).toMatchObject({
      transfer_mode: 'metadata_only',
      transfer_status: 'inconsistent',
      processing_decision: 'mark_inconsistent',
    });
  });

  it.each([
    ['nobody claims success', { processing_snapshot: { sender_processing_success: false } }],
    ['the state is not to be preserved', { processing_policy: 'reprocess_always' }],
  ])('is not inconsistent without media if %s', (_what, change) => {
    expect(register(with_({ transfer_mode: 'metadata_only', ...change })).transfer_status).toBe('awaiting_media');
  });

  it('is applied at once when the hub has the media of the same resource', () => {
    const first = register(videoPayload());
    const media = { sha256: 'a', size: 1 };
    hub.apply({ type: 'TransferChanged', transfer_key: first.transfer_key, because: 'test', set: { media } });
    expect(register(with_({ transfer_key: 'another' }))).toMatchObject({
      transfer_status: 'applied',
      processing_decision: 'skip_processing_existing_success',
      target_object_id: first.target_object_id,
      envelope_receipt: null,
    });
  });

  it.each(THREE)('%s: is inconsistent when the resource came from another node', (profile) => {
    register(videoPayload(profile), profile);
    const clash = with_({ transfer_key: 'b', source_node_key: 'site-02', source_center_key: 'center-b' }, {}, profile);
    expect(register(clash, profile)).toMatchObject({ transfer_status: 'inconsistent', target_object_id: null });
  });

  it('2.0 rejects a transfer without a center, as a job', () => {
    const free = with_({ source_node_key: 'site-free', source_center_key: '' }, {}, 'endoreg-2.0');
    expect(register(free, 'endoreg-2.0')).toMatchObject({
      transfer_status: 'failed',
      processing_decision: 'reject_transfer',
      source_center_key: null,
    });
  });

  const replays: [string, Partial<Payload>, Record<string, unknown>, string, string][] = [
    ['nothing', {}, {}, 'replayed', 'replayed'],
    ['the policy', { cleanup_policy: 'delete_central_raw_after_apply' }, {}, 'replayed', 'conflict'],
    ['the mode', { transfer_mode: 'metadata_only' }, {}, 'replayed', 'conflict'],
    ['the snapshot', { processing_snapshot: {} }, {}, 'replayed', 'conflict'],
    ['the provenance', { provenance: { entrypoint: 'other' } }, {}, 'replayed', 'conflict'],
    [
      'what the hub manages',
      { provenance: { entrypoint: 'lx_annotate_sender', media_uploads: [] } },
      {},
      'replayed',
      'replayed',
    ],
    ['a row', {}, { processing_history: { success: false } }, 'replayed', 'conflict'],
    ['an unknown field', { anything: 1 } as Partial<Payload>, {}, 'replayed', 'replayed'],
    ['the target left out', { target_node_key: '' }, {}, 'replayed', 'replayed'],
    ['the center left out', { source_center_key: '' }, {}, 'replayed', 'replayed'],
    ['the source', { source_node_key: 'site-02', source_center_key: 'center-b' }, {}, 'conflict', 'conflict'],
  ];

  it.each(replays)('a replay that changes %s', (_what, change, rows, two, three) => {
    for (const [profile, expected] of [['endoreg-2.0', two], ...THREE.map((name) => [name, three])] as [
      ProfileName,
      string,
    ][]) {
      hub = new HubMemory();
      register(videoPayload(profile), profile);
      expect(decide(with_(change, rows, profile), profile).outcome).toBe(expected);
    }
  });

  it('compares rows in canonical form', () => {
    const first = videoPayload();
    register(first);
    const file = first.resource_rows['video_file'] as object;
    expect(
      decide(with_({}, { video_file: { ...file, fps: '25.0', suffix: '.mp4' }, video_segments: undefined })).outcome,
    ).toBe('replayed');
    const state = first.resource_rows['video_state'] as object;
    expect(decide(with_({}, { video_state: { ...state, processing_error: null } })).outcome).toBe('replayed');
    expect(decide(with_({}, { video_state: { ...state, processing_error: false } })).outcome).toBe('conflict');
    expect(decide(with_({}, { video_file: { ...file, fps: 25.5 } })).outcome).toBe('conflict');
  });

  it.each([
    ['a null', { custom_marker: null }],
    ['a padded text', { custom_marker: ' a ' }],
  ])('takes an exact replay for another when its provenance holds %s', (_what, provenance) => {
    register(with_({ provenance }));
    expect(decide(with_({ provenance })).outcome).toBe('conflict');
  });

  it('refuses unknown provenance: 3.0 by its model, 2.0 by breaking', () => {
    const strange = with_({ provenance: { whence: 'x' } });
    expect(refusal(strange)).toMatchObject({ details: { provenance: [expect.any(String)] } });
    expect(
      refusal(
        { ...strange, payload_schema_version: '2.0', resource_rows: videoPayload('endoreg-2.0').resource_rows },
        'endoreg-2.0',
      ),
    ).toContain('<html>');
    expect(hub.all()).toEqual([]);
  });

  const inapplicable: [string, Record<string, unknown>][] = [
    ['the text of a report', { reports: [{ template_name: 'a', rendered_text: 'text' }] }],
    ['the title of a report', { reports: [{ template_name: 'a', title: 'title' }] }],
    ['reports without an examination', { reports: [{ template_name: 'a' }], sensitive_meta: undefined }],
    [
      'an unknown model',
      { video_segments: [segment({ source_kind: 'prediction', model_name: 'model-a', model_version: '2' })] },
    ],
    [
      'a label the model does not know',
      {
        video_segments: [
          segment({ source_kind: 'prediction', model_name: 'model-a', model_version: '1', label_name: 'other' }),
        ],
      },
    ],
  ];

  it.each(inapplicable)('3.0 rolls back when %s cannot be applied', (_what, rows) => {
    expect(refusal(with_({}, rows))).toMatchObject({
      error: expect.any(String),
      details: { non_field_errors: [expect.any(String)] },
    });
  });

  it('3.0 refuses an examination of another patient', () => {
    register(videoPayload());
    const other = { sensitive_meta: { patient_hash: sha256('another'), examination_hash: sha256('examination') } };
    expect(refusal(with_({ transfer_key: 'b' }, other))).toMatchObject({
      details: { non_field_errors: [expect.any(String)] },
    });
  });

  it('3.0 refuses a segment of another video, and takes it again for its own', () => {
    register(with_({}, { video_segments: [segment()] }));
    const otherHash = sha256('another video');
    const other = with_(
      { transfer_key: 'b', resource_hash: otherHash },
      {
        video_file: { ...(videoPayload().resource_rows['video_file'] as object), video_hash: otherHash },
        video_segments: [segment({ video_hash: otherHash })],
      },
    );
    expect(refusal(other)).toMatchObject({ details: { non_field_errors: [expect.any(String)] } });
    expect(refusal(with_({ transfer_key: 'c' }, { video_segments: [segment()] }))).toBe('created');
  });

  it('2.0 leaves a job behind that stays pending for ever', () => {
    const body = with_({}, { reports: [{ template_name: 'a', title: 'title' }] }, 'endoreg-2.0');
    const decision = decide(body, 'endoreg-2.0');
    expect(decision).toMatchObject({
      outcome: 'stuck',
      job: { transfer_status: 'pending' },
      refusal: { answer: { status: 500 } },
    });
    register(body, 'endoreg-2.0');
    expect(decide(body, 'endoreg-2.0')).toMatchObject({ outcome: 'replayed', job: { transfer_status: 'pending' } });
  });

  it('forgets what came with a forgotten transfer, and nothing else', () => {
    register(videoPayload());
    hub.apply({ type: 'TransferForgotten', transfer_key: videoPayload().transfer_key });
    expect(hub.patientOf(sha256('x'))).toBeUndefined();
    expect(register(with_({ source_node_key: 'site-02', source_center_key: 'center-b' })).transfer_status).toBe(
      'awaiting_media',
    );
  });
});
