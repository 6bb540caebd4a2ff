import fc from 'fast-check';
import { documentDigest } from '../canonical-json.js';
import { ContractFault } from '../contract-fault.js';
import { HUB_PROFILES, type HubProfile, type ResourceKind } from '../vocabulary.js';
import { buildPayload } from './build-payload.js';
import { payloadBytes, parsePayload, validatePayload } from './hub-payload.js';
import { sampleSnapshot, sampleTransfer } from './samples.testing.js';

/** JSON to be spoilt at will. */
type Json = ReturnType<typeof JSON.parse>;
type Change = (payload: Json) => void;

const OTHER = 'f'.repeat(64);

function samplePayload(profile: HubProfile, kind: ResourceKind): Json {
  return structuredClone(buildPayload({ profile, transfer: sampleTransfer(kind), snapshot: sampleSnapshot(kind) }));
}

function faultsAfter(profile: HubProfile, kind: ResourceKind, change: Change): readonly string[] {
  const payload = samplePayload(profile, kind);
  change(payload);
  return validatePayload(profile, payload).map(({ field, code }) => `${field} ${code}`);
}

describe.each(HUB_PROFILES)('a payload for a hub of %s', (profile) => {
  it.each(['video', 'report'] as const)('is without fault when it is built from a complete %s', (kind) => {
    expect(validatePayload(profile, samplePayload(profile, kind))).toEqual([]);
  });
});

const rows = 'resource_rows';

/** One broken rule: what is claimed to be wrong, how it is made so, and the faults that must follow. */
type Rule = [claim: string, change: Change, ...faults: string[]];

const SHARED_RULES: Rule[] = [
  [
    'a transfer key that is not made from the identity',
    (p) => (p.transfer_key = 'other'),
    'transfer_key transfer_key_mismatch',
  ],
  [
    'a transfer key with a slash',
    (p) => (p.transfer_key = 'a/b'),
    'transfer_key matches',
    'transfer_key transfer_key_mismatch',
  ],
  [
    'a transfer key beyond the column',
    (p) => (p.transfer_key = 'k'.repeat(256)),
    'transfer_key is_length',
    'transfer_key transfer_key_mismatch',
  ],
  ['a missing target', (p) => delete p.target_node_key, 'target_node_key required'],
  ['a blank center', (p) => (p.source_center_key = ' '), 'source_center_key is_not_empty'],
  ['a padded center', (p) => (p.source_center_key = ' center-a'), 'source_center_key matches'],
  ['a node key with a blank', (p) => (p.target_node_key = 'h ub'), 'target_node_key matches'],
  ['metadata alone', (p) => (p.transfer_mode = 'metadata_only'), 'transfer_mode is_in'],
  ['raw media', (p) => (p.transfer_mode = 'metadata_and_raw_media'), 'transfer_mode is_in'],
  ['no mode, since the default of the hub is a trap', (p) => delete p.transfer_mode, 'transfer_mode required'],
  ['an unknown processing policy', (p) => (p.processing_policy = 'x'), 'processing_policy is_in'],
  ['an unknown processing intent', (p) => (p.processing_intent = 'x'), 'processing_intent is_in'],
  ['an unknown cleanup policy', (p) => (p.cleanup_policy = 'x'), 'cleanup_policy is_in'],
  ['another schema version', (p) => (p.payload_schema_version = '1.0'), 'payload_schema_version is_in'],
  ['an undeclared member', (p) => (p.extra = 1), 'extra unknown_field'],
  ['a snapshot with further members', (p) => (p.processing_snapshot.x = 1), 'processing_snapshot.x unknown_field'],
  [
    'a snapshot without a word on success',
    (p) => (p.processing_snapshot = {}),
    'processing_snapshot.sender_processing_success required',
  ],
  [
    'success as text',
    (p) => (p.processing_snapshot.sender_processing_success = 'true'),
    'processing_snapshot.sender_processing_success is_boolean',
  ],
  [
    'provenance that only the hub writes',
    (p) => (p.provenance.media_uploads = []),
    'provenance.media_uploads unknown_field',
  ],
  ['provenance that is null', (p) => (p.provenance.entrypoint = null), 'provenance.entrypoint is_string'],
  ['provenance that is padded', (p) => (p.provenance.entrypoint = 'x '), 'provenance.entrypoint matches'],
  [
    'provenance that says another node',
    (p) => (p.provenance.source_node_key = 'site-b'),
    'provenance.source_node_key provenance_mismatch',
  ],
  ['rows as a list', (p) => (p.resource_rows = []), `${rows} is_object`],
  [
    'an incomplete pseudonym',
    (p) => delete p.resource_rows.sensitive_meta.patient_hash,
    `${rows}.sensitive_meta.patient_hash required`,
  ],
  [
    'a pseudonym that is no hash',
    (p) => (p.resource_rows.sensitive_meta.patient_hash = 'x'),
    `${rows}.sensitive_meta.patient_hash matches`,
  ],
  [
    'a pseudonym in upper case',
    (p) => (p.resource_rows.sensitive_meta.patient_hash = 'C'.repeat(64)),
    `${rows}.sensitive_meta.patient_hash matches`,
  ],
  [
    'a name of the patient',
    (p) => (p.resource_rows.sensitive_meta.patient_first_name = 'x'),
    `${rows}.sensitive_meta.patient_first_name privacy_field_forbidden`,
  ],
  [
    'a date of birth',
    (p) => (p.resource_rows.sensitive_meta.patient_dob = 'x'),
    `${rows}.sensitive_meta.patient_dob privacy_field_forbidden`,
  ],
  [
    'the title of a report',
    (p) => (p.resource_rows.reports[0].title = 'x'),
    `${rows}.reports.0.title privacy_field_forbidden`,
  ],
  [
    'the body of a report',
    (p) => (p.resource_rows.reports[0].rendered_text = 'x'),
    `${rows}.reports.0.rendered_text privacy_field_forbidden`,
  ],
  [
    'the editor of a report',
    (p) => (p.resource_rows.reports[0].created_by = 1),
    `${rows}.reports.0.created_by privacy_field_forbidden`,
  ],
  ['a draft report', (p) => (p.resource_rows.reports[0].status = 'draft'), `${rows}.reports.0.status is_in`],
  ['an inactive report', (p) => (p.resource_rows.reports[0].is_active = false), `${rows}.reports.0.is_active is_in`],
  ['a report of version 0', (p) => (p.resource_rows.reports[0].version = 0), `${rows}.reports.0.version min`],
  [
    'a report without a template',
    (p) => delete p.resource_rows.reports[0].template_name,
    `${rows}.reports.0.template_name required`,
  ],
  ['reports that are no list', (p) => (p.resource_rows.reports = {}), `${rows}.reports is_array`],
  [
    'a history of another file',
    (p) => (p.resource_rows.processing_history.file_hash = OTHER),
    `${rows}.processing_history.file_hash history_hash_mismatch`,
  ],
  [
    'a history without success',
    (p) => delete p.resource_rows.processing_history.success,
    `${rows}.processing_history.success required`,
  ],
  ['no history', (p) => delete p.resource_rows.processing_history, `${rows}.processing_history required`],
];

const VIDEO_RULES: Rule[] = [
  ['no video row', (p) => delete p.resource_rows.video_file, `${rows}.video_file required`],
  [
    'a video without its own hash',
    (p) => delete p.resource_rows.video_file.video_hash,
    `${rows}.video_file.video_hash required`,
  ],
  [
    'a video hash that is a number',
    (p) => (p.resource_rows.video_file.video_hash = 1),
    `${rows}.video_file.video_hash is_string`,
  ],
  [
    'a video row of another resource',
    (p) => (p.resource_rows.video_file.video_hash = OTHER),
    `${rows}.video_file.video_hash resource_hash_mismatch`,
  ],
  [
    'no processed hash',
    (p) => delete p.resource_rows.video_file.processed_video_hash,
    `${rows}.video_file.processed_video_hash required`,
  ],
  [
    'two processed hashes',
    (p) => (p.resource_rows.video_state.processed_file_sha256 = OTHER),
    `${rows}.video_state.processed_file_sha256 processed_hash_mismatch`,
  ],
  [
    'no processed hash in the state',
    (p) => delete p.resource_rows.video_state.processed_file_sha256,
    `${rows}.video_state.processed_file_sha256 required`,
  ],
  [
    'an original file name',
    (p) => (p.resource_rows.video_file.original_file_name = 'x'),
    `${rows}.video_file.original_file_name privacy_field_forbidden`,
  ],
  [
    'meta of the video',
    (p) => (p.resource_rows.video_file.meta = {}),
    `${rows}.video_file.meta privacy_field_forbidden`,
  ],
  ['a null', (p) => (p.resource_rows.video_file.width = null), `${rows}.video_file.width is_int`],
  ['a width of 0', (p) => (p.resource_rows.video_file.width = 0), `${rows}.video_file.width min`],
  ['a height of 0', (p) => (p.resource_rows.video_file.height = 0), `${rows}.video_file.height min`],
  ['a negative rate', (p) => (p.resource_rows.video_file.fps = -1), `${rows}.video_file.fps min`],
  ['a rate as text', (p) => (p.resource_rows.video_file.fps = '50'), `${rows}.video_file.fps is_number`],
  ['a negative duration', (p) => (p.resource_rows.video_file.duration = -1), `${rows}.video_file.duration min`],
  ['half a frame', (p) => (p.resource_rows.video_file.frame_count = 700.5), `${rows}.video_file.frame_count is_int`],
  ['a suffix that is no text', (p) => (p.resource_rows.video_file.suffix = 4), `${rows}.video_file.suffix is_string`],
  ['no state row', (p) => delete p.resource_rows.video_state, `${rows}.video_state required`],
  [
    'an anonymization nobody validated',
    (p) => (p.resource_rows.video_state.anonymization_validated = false),
    `${rows}.video_state.anonymization_validated not_validated`,
  ],
  [
    'a validation nobody speaks of',
    (p) => delete p.resource_rows.video_state.anonymization_validated,
    `${rows}.video_state.anonymization_validated not_validated`,
  ],
  [
    'a validation as a number',
    (p) => (p.resource_rows.video_state.anonymization_validated = 1),
    `${rows}.video_state.anonymization_validated is_boolean`,
  ],
  [
    'a state the sender contract does not know',
    (p) => (p.resource_rows.video_state.processing_error = false),
    `${rows}.video_state.processing_error unknown_field`,
  ],
  ['rows of a report', (p) => (p.resource_rows.raw_pdf_file = {}), `${rows}.raw_pdf_file unknown_field`],
  [
    'an annotation of another video',
    (p) => (p.resource_rows.frame_annotations[0].video_hash = OTHER),
    `${rows}.frame_annotations.0.video_hash resource_hash_mismatch`,
  ],
  [
    'an annotator',
    (p) => (p.resource_rows.frame_annotations[0].annotator = 'x'),
    `${rows}.frame_annotations.0.annotator unknown_field`,
  ],
  [
    'an annotation before the first frame',
    (p) => (p.resource_rows.frame_annotations[0].frame_number = -1),
    `${rows}.frame_annotations.0.frame_number min`,
  ],
  [
    'an annotation before the first second',
    (p) => (p.resource_rows.frame_annotations[0].frame_timestamp = -1),
    `${rows}.frame_annotations.0.frame_timestamp min`,
  ],
  [
    'a frame path that climbs',
    (p) => (p.resource_rows.frame_annotations[0].frame_relative_path = 'a/../b'),
    `${rows}.frame_annotations.0.frame_relative_path matches`,
  ],
  [
    'an absolute frame path',
    (p) => (p.resource_rows.frame_annotations[0].frame_relative_path = '/a'),
    `${rows}.frame_annotations.0.frame_relative_path matches`,
  ],
  [
    'a blank label',
    (p) => (p.resource_rows.frame_annotations[0].label_name = ''),
    `${rows}.frame_annotations.0.label_name is_not_empty`,
  ],
  [
    'a blank source',
    (p) => (p.resource_rows.frame_annotations[0].information_source_name = ' '),
    `${rows}.frame_annotations.0.information_source_name is_not_empty`,
  ],
  [
    'an annotation without a number',
    (p) => (p.resource_rows.frame_annotations[0].annotation_id = true),
    `${rows}.frame_annotations.0.annotation_id is_string`,
  ],
  [
    'a value as a number',
    (p) => (p.resource_rows.frame_annotations[0].value = 1),
    `${rows}.frame_annotations.0.value is_boolean`,
  ],
  [
    'a float as text',
    (p) => (p.resource_rows.frame_annotations[0].float_value = '1'),
    `${rows}.frame_annotations.0.float_value is_number`,
  ],
];

const SEGMENT_RULES: Rule[] = [
  ['no pseudonyms', (p) => delete p.resource_rows.sensitive_meta, `${rows}.sensitive_meta required`],
  [
    'a segment of another video',
    (p) => (p.resource_rows.video_segments[0].video_hash = OTHER),
    `${rows}.video_segments.0.video_hash resource_hash_mismatch`,
  ],
  [
    'a segment of another node',
    (p) => (p.resource_rows.video_segments[0].source_node_key = 'site-b'),
    `${rows}.video_segments.0.source_node_key source_node_mismatch`,
  ],
  [
    'a segment told twice',
    (p) => (p.resource_rows.video_segments[1].source_segment_id = '1'),
    `${rows}.video_segments.1.source_segment_id not_unique`,
  ],
  [
    'a segment that ends where it starts',
    (p) => (p.resource_rows.video_segments[0].end_frame_number_exclusive = 100),
    `${rows}.video_segments.0.end_frame_number_exclusive end_before_start`,
  ],
  [
    'a segment beyond the video',
    (p) => (p.resource_rows.video_segments[0].end_frame_number_exclusive = 626),
    `${rows}.video_segments.0.end_frame_number_exclusive beyond_frame_count`,
  ],
  [
    'segments of a video without frames',
    (p) => (p.resource_rows.video_file.frame_count = 0),
    `${rows}.video_file.frame_count required_by_segments`,
  ],
  [
    'segments of a video that tells no frames',
    (p) => delete p.resource_rows.video_file.frame_count,
    `${rows}.video_file.frame_count required_by_segments`,
  ],
  [
    'a model without a version',
    (p) => delete p.resource_rows.video_segments[1].model_version,
    `${rows}.video_segments.1.model_version model_incomplete`,
  ],
  [
    'a model without a name',
    (p) => delete p.resource_rows.video_segments[1].model_name,
    `${rows}.video_segments.1.model_name model_incomplete`,
  ],
  [
    'a model of a hand-made segment',
    (p) => (p.resource_rows.video_segments[1].source_kind = 'manual_annotation'),
    `${rows}.video_segments.1.model_name model_not_allowed`,
  ],
  [
    'a model of a segment that is not exported',
    (p) => (p.resource_rows.video_segments[1].export_segment = false),
    `${rows}.video_segments.1.model_name model_not_allowed`,
  ],
  [
    'an unknown kind of source',
    (p) => (p.resource_rows.video_segments[0].source_kind = 'x'),
    `${rows}.video_segments.0.source_kind is_in`,
  ],
  [
    'an unknown validation',
    (p) => (p.resource_rows.video_segments[0].validation_state = 'x'),
    `${rows}.video_segments.0.validation_state is_in`,
  ],
  [
    'a segment number that is a flag',
    (p) => (p.resource_rows.video_segments[0].source_segment_id = true),
    `${rows}.video_segments.0.source_segment_id is_string`,
  ],
  [
    'provenance of a segment with further members',
    (p) => (p.resource_rows.video_segments[0].anonymous_provenance.x = 1),
    `${rows}.video_segments.0.anonymous_provenance.x unknown_field`,
  ],
];

const REPORT_RULES: Rule[] = [
  ['no report row', (p) => delete p.resource_rows.raw_pdf_file, `${rows}.raw_pdf_file required`],
  [
    'a report without its hash',
    (p) => delete p.resource_rows.raw_pdf_file.pdf_hash,
    `${rows}.raw_pdf_file.pdf_hash required`,
  ],
  [
    'a report row of another resource',
    (p) => (p.resource_rows.raw_pdf_file.pdf_hash = OTHER),
    `${rows}.raw_pdf_file.pdf_hash resource_hash_mismatch`,
  ],
  [
    'no anonymized text',
    (p) => delete p.resource_rows.raw_pdf_file.anonymized_text,
    `${rows}.raw_pdf_file.anonymized_text required`,
  ],
  [
    'a blank anonymized text',
    (p) => (p.resource_rows.raw_pdf_file.anonymized_text = ' \n'),
    `${rows}.raw_pdf_file.anonymized_text is_not_empty`,
  ],
  [
    'the raw text',
    (p) => (p.resource_rows.raw_pdf_file.text = 'x'),
    `${rows}.raw_pdf_file.text privacy_field_forbidden`,
  ],
  ['no state row', (p) => delete p.resource_rows.raw_pdf_state, `${rows}.raw_pdf_state required`],
  [
    'no processed hash',
    (p) => delete p.resource_rows.raw_pdf_state.processed_file_sha256,
    `${rows}.raw_pdf_state.processed_file_sha256 required`,
  ],
  [
    'an anonymization nobody validated',
    (p) => (p.resource_rows.raw_pdf_state.anonymization_validated = false),
    `${rows}.raw_pdf_state.anonymization_validated not_validated`,
  ],
  ['rows of a video', (p) => (p.resource_rows.video_file = {}), `${rows}.video_file unknown_field`],
];

describe('a hub of endoreg-3.0 would refuse, and so do we first,', () => {
  it.each<Rule>([...SHARED_RULES, ...VIDEO_RULES, ...SEGMENT_RULES])('a video with %s', (_claim, change, ...faults) => {
    expect(faultsAfter('endoreg-3.0', 'video', change)).toEqual(faults);
  });

  it.each<Rule>([...SHARED_RULES, ...REPORT_RULES])('a report with %s', (_claim, change, ...faults) => {
    expect(faultsAfter('endoreg-3.0', 'report', change)).toEqual(faults);
  });
});

describe('a hub of endoreg-2.0 would refuse, and so do we first,', () => {
  it.each<Rule>([...SHARED_RULES, ...VIDEO_RULES])('a video with %s', (_claim, change, ...faults) => {
    expect(faultsAfter('endoreg-2.0', 'video', change)).toEqual(faults);
  });

  it('a video with segments, which it does not know', () => {
    expect(faultsAfter('endoreg-2.0', 'video', (p) => (p.resource_rows.video_segments = []))).toEqual([
      `${rows}.video_segments unknown_field`,
    ]);
  });

  it('reports without pseudonyms, but not a resource without either', () => {
    const withoutPseudonyms: Change = (p) => delete p.resource_rows.sensitive_meta;
    expect(faultsAfter('endoreg-2.0', 'video', withoutPseudonyms)).toEqual([
      `${rows}.sensitive_meta required_by_reports`,
    ]);
    const withoutBoth: Change = (p) => {
      delete p.resource_rows.sensitive_meta;
      p.resource_rows.reports = [];
    };
    expect(faultsAfter('endoreg-2.0', 'video', withoutBoth)).toEqual([]);
  });
});

describe('profiles differ where the wire does', () => {
  it('names a video by raw_video_hash in the raw-hash profile alone, in every row', () => {
    const { resource_rows } = samplePayload('endoreg-3.0-envelope-raw-hash', 'video');
    for (const row of [resource_rows.video_file, resource_rows.frame_annotations[0], resource_rows.video_segments[0]]) {
      expect(row).toHaveProperty('raw_video_hash');
      expect(row).not.toHaveProperty('video_hash');
    }
    expect(
      validatePayload('endoreg-3.0-envelope', samplePayload('endoreg-3.0-envelope-raw-hash', 'video')),
    ).toContainEqual({
      field: `${rows}.video_file.video_hash`,
      code: 'required',
    });
  });

  it('takes a center key with a blank or a slash only where no envelope bears it', () => {
    const spaced: Change = (p) => (p.source_center_key = 'Center A/1');
    expect(faultsAfter('endoreg-3.0', 'video', spaced)).toEqual([]);
    expect(faultsAfter('endoreg-3.0-envelope', 'video', spaced)).toEqual(['source_center_key matches']);
  });
});

describe('what is sent', () => {
  it('is the same bytes and digest, whatever the order of keys in the rows', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...HUB_PROFILES),
        fc.constantFrom('video', 'report'),
        fc.infiniteStream(fc.nat()),
        (profile, kind, draws) => {
          const snapshot = sampleSnapshot(kind);
          const transfer = sampleTransfer(kind);
          const straight = buildPayload({ profile, transfer, snapshot });
          const shuffled = buildPayload({
            profile,
            transfer,
            snapshot: withShuffledKeys(snapshot, draws) as typeof snapshot,
          });
          expect(payloadBytes(shuffled)).toEqual(payloadBytes(straight));
          expect(documentDigest(shuffled)).toBe(documentDigest(straight));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('has no null, no upper-case hash and no padded text, though the rows have', () => {
    const snapshot = structuredClone(sampleSnapshot('video')) as unknown as Json;
    snapshot.rows.video_file.video_hash = 'A'.repeat(64);
    snapshot.rows.video_file.duration = null;
    snapshot.rows.video_state.frame_annotations_generated = null;
    snapshot.rows.sensitive_meta.patient_hash = 'C'.repeat(64);
    snapshot.rows.frame_annotations[0].label_name = ' polyp ';
    const payload = buildPayload({
      profile: 'endoreg-3.0',
      transfer: sampleTransfer('video'),
      snapshot: snapshot as never,
    });
    expect(validatePayload('endoreg-3.0', payload)).toEqual([]);
    expect(new TextDecoder().decode(payloadBytes(payload))).not.toMatch(/null|AAAA|CCCC|" polyp/);
  });

  it('has only annotations that hold and reports that are final', () => {
    const { resource_rows } = samplePayload('endoreg-3.0', 'video');
    expect(resource_rows.frame_annotations).toHaveLength(1);
    expect(resource_rows.reports).toEqual([
      {
        template_name: 'colonoscopy',
        template_version: '2',
        template_hash: 'e1',
        status: 'final',
        version: 1,
        is_active: true,
      },
    ]);
  });

  it.each(['video', 'report'] as const)('does not call a %s validated whose row bears an error', (kind) => {
    const snapshot = structuredClone(sampleSnapshot(kind)) as unknown as Json;
    const state = kind === 'video' ? 'video_state' : 'raw_pdf_state';
    snapshot.rows[state].processing_error = true;
    const payload = buildPayload({
      profile: 'endoreg-3.0',
      transfer: sampleTransfer(kind),
      snapshot: snapshot as never,
    });
    expect(validatePayload('endoreg-3.0', payload)).toEqual([
      { field: `${rows}.${state}.anonymization_validated`, code: 'not_validated' },
    ]);
  });

  it('says the processed hash in the history of a video for endoreg-2.0, the resource elsewhere', () => {
    const historyOf = (profile: HubProfile) =>
      samplePayload(profile, 'video').resource_rows.processing_history.file_hash;
    expect(historyOf('endoreg-2.0')).toBe('b'.repeat(64));
    expect(historyOf('endoreg-3.0')).toBe('a'.repeat(64));
  });
});

describe('a fault', () => {
  const CANARY = 'Kanarienvogel';

  it('never tells the value, wherever it was put and whatever was made of it', () => {
    const places = leaves(samplePayload('endoreg-3.0', 'video'));
    const kinds = fc.constantFrom<(text: string) => unknown>(
      (t) => t,
      (t) => [t],
      (t) => ({ [t]: t }),
      (t) => `\0${t}`,
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.string(), kinds, (place, noise, make) => {
        const payload = samplePayload('endoreg-3.0', 'video');
        put(payload, place, make(`${CANARY} ${noise}`));
        const told = faultOf(() => parsePayload('endoreg-3.0', payload));
        expect(JSON.stringify([told?.message, told?.code, told?.faults])).not.toContain(CANARY);
      }),
      { numRuns: 300 },
    );
  });

  it('is what any JSON gets, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HUB_PROFILES), fc.jsonValue({ maxDepth: 5 }), (profile, value) => {
        expect(validatePayload(profile, value)).not.toEqual([]);
      }),
    );
  });
});

function faultOf(act: () => unknown): ContractFault | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof ContractFault) return error;
    throw error;
  }
}

function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]))].filter(
    (p) => p.length > 0,
  );
}

function put(target: Json, path: readonly string[], value: unknown): void {
  const last = path.at(-1) ?? '';
  const holder = path.slice(0, -1).reduce((at, key) => at[key], target);
  holder[last] = value;
}

function withShuffledKeys(value: unknown, draws: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((item) => withShuffledKeys(item, draws));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [Number(draws.next().value), key, member] as const);
  return Object.fromEntries(
    [...entries].sort(([a], [b]) => a - b).map(([, key, member]) => [key, withShuffledKeys(member, draws)]),
  );
}
