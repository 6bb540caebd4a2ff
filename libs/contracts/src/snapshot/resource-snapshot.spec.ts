import fc from 'fast-check';
import { documentDigest } from '../canonical-json.js';
import { ContractFault } from '../contract-fault.js';
import { parseEvent } from '../events/parse-event.js';
import { sampleSnapshot, sampleTransfer } from '../payload/samples.testing.js';
import { FORBIDDEN_FIELDS } from '../privacy.js';
import type { ResourceKind } from '../vocabulary.js';
import { resourceFacts } from './resource-facts.js';
import { parseSnapshot } from './resource-snapshot.js';
import { FRAME_ANNOTATIONS_MAX } from './rows.js';
import { parseSiteMessage, siteSubject } from './site-messages.js';

/** JSON to be spoilt at will. */
type Json = ReturnType<typeof JSON.parse>;
type Change = (snapshot: Json) => void;

function sample(kind: ResourceKind, change: Change = () => undefined): Json {
  const snapshot = structuredClone(sampleSnapshot(kind)) as unknown as Json;
  change(snapshot);
  return snapshot;
}

function faultOf(act: () => unknown): ContractFault | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof ContractFault) return error;
    throw error;
  }
}

function told(act: () => unknown): readonly string[] {
  const fault = faultOf(act);
  return fault === null ? [] : fault.faults.map(({ field, code }) => `${fault.code}: ${field} ${code}`);
}

const invalid = 'invalid_resource_snapshot:';

describe('a snapshot', () => {
  it.each(['video', 'report'] as const)('of a complete %s is taken as it is', (kind) => {
    expect(parseSnapshot(kind, sample(kind))).toEqual(sampleSnapshot(kind));
  });

  it('of a resource the site knows little of is taken', () => {
    const little = {
      source_version: 1,
      anonymization_state: 'not_started',
      processed_media: { present: false },
      rows: {},
    };
    expect(parseSnapshot('video', little)).toEqual(little);
    expect(parseSnapshot('report', little)).toEqual(little);
  });

  it.each<[string, Change, ...string[]]>([
    ['no version', (s) => delete s.source_version, 'source_version required'],
    ['a version that is no count', (s) => (s.source_version = -1), 'source_version min'],
    ['no state', (s) => delete s.anonymization_state, 'anonymization_state required'],
    ['an unknown segment state', (s) => (s.segment_status = 'x'), 'segment_status is_in'],
    ['a media hash that is none', (s) => (s.processed_media.sha256 = 'x'), 'processed_media.sha256 matches'],
    ['media as a list', (s) => (s.processed_media = []), 'processed_media is_object'],
    ['a locator that nobody opens', (s) => (s.processed_media.locator = 'ftp://x'), 'processed_media.locator matches'],
    ['no rows', (s) => delete s.rows, 'rows required'],
    ['rows as a list', (s) => (s.rows = []), 'rows is_object'],
    ['rows of the other kind', (s) => (s.rows.raw_pdf_file = {}), 'rows.raw_pdf_file unknown_field'],
    ['an undeclared member', (s) => (s.extra = 1), 'extra unknown_field'],
    ['an undeclared member below', (s) => (s.processed_media.extra = 1), 'processed_media.extra unknown_field'],
    ['a member that hides', (s) => (s.privacy = JSON.parse('{"constructor":{"a":1}}')), ' reserved_field'],
    ['a value of the wrong type in a row', (s) => (s.rows.video_file.fps = '50'), 'rows.video_file.fps is_number'],
    ['an age that is no band', (s) => (s.privacy.age_band = '63'), 'privacy.age_band is_in'],
    ['a year of examination that is a date', (s) => (s.privacy.exam_year = '2025-01-01'), 'privacy.exam_year is_int'],
    ['a text that no database holds', (s) => (s.center_name = 'a\0'), 'center_name matches'],
    [
      'two faults',
      (s) => ((s.source_version = 'x'), (s.rows.video_file.width = 0)),
      'source_version is_int',
      'rows.video_file.width min',
    ],
  ])('with %s is refused by its field', (_claim, change, ...faults) => {
    expect(told(() => parseSnapshot('video', sample('video', change)))).toEqual(
      faults.map((fault) => `${invalid} ${fault}`),
    );
  });

  it('with more annotations than the limit is refused, at the limit it is taken', () => {
    const annotation = sample('video').rows.frame_annotations[0];
    const of = (count: number) =>
      sample('video', (s) => (s.rows.frame_annotations = new Array(count).fill(annotation)));
    expect(told(() => parseSnapshot('video', of(FRAME_ANNOTATIONS_MAX)))).toEqual([]);
    expect(told(() => parseSnapshot('video', of(FRAME_ANNOTATIONS_MAX + 1)))).toEqual([
      `${invalid} rows.frame_annotations array_max_size`,
    ]);
  });

  it.each([...FORBIDDEN_FIELDS])('with a field %s anywhere is refused whole, as a breach of privacy', (name) => {
    const places: readonly [string, Change][] = [
      [name, (s) => (s[name] = 'x')],
      [`privacy.${name}`, (s) => (s.privacy[name] = 'x')],
      [`rows.${name}`, (s) => (s.rows[name] = 'x')],
      [`rows.sensitive_meta.${name}`, (s) => (s.rows.sensitive_meta[name] = null)],
      [`rows.reports.0.${name}`, (s) => (s.rows.reports[0][name] = 'x')],
    ];
    for (const [field, change] of places) {
      expect(told(() => parseSnapshot('video', sample('video', change)))).toEqual([
        `privacy_field_forbidden: ${field} privacy_field_forbidden`,
      ]);
    }
  });

  it('is refused without a word of what it said, and nothing else is thrown for any JSON', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('video', 'report'),
        fc.jsonValue({ maxDepth: 4 }),
        fc.string(),
        (kind, value, key) => {
          expect(faultOf(() => parseSnapshot(kind, value))).not.toBeNull();
          const spoilt = sample(kind, (s) => {
            s.rows[`Kanarienvogel ${key}`] = value;
            s.center_key = [`Kanarienvogel ${key}`];
            s.rows.sensitive_meta = `Kanarienvogel ${key}`;
          });
          const fault = faultOf(() => parseSnapshot(kind, spoilt));
          expect(JSON.stringify([fault?.message, fault?.faults])).not.toContain('Kanarienvogel');
          expect(fault?.faults).toHaveLength(3);
        },
      ),
    );
  });
});

describe('the facts of a snapshot', () => {
  const factsOf = (kind: ResourceKind, change?: Change) =>
    resourceFacts(sample(kind, change) as never, sampleTransfer(kind));

  it.each(['video', 'report'] as const)('of a complete %s are an event without fault', (kind) => {
    const facts = factsOf(kind);
    expect(facts).toMatchObject({
      anonymization_state: 'VALIDATED',
      processing_error: false,
      hashes_consistent: true,
      content_complete: true,
    });
    const when = { at: '2026-11-01T10:00:00Z', by: { kind: 'system', reason: 'site' } };
    expect(parseEvent('ResourceReported', { ...when, ...facts })).toMatchObject(facts);
  });

  it('bear no text, no name and no place', () => {
    const facts = factsOf('report', (s) => {
      s.rows.raw_pdf_file.anonymized_text = 'Kanarienvogel';
      s.file_name = 'Kanarienvogel.pdf';
      s.processed_media.locator = 'file:Kanarienvogel';
    });
    expect(JSON.stringify(facts)).not.toContain('Kanarienvogel');
    expect(facts.content_complete).toBe(true);
  });

  it('have the same digest whatever the order of keys', () => {
    const turned = Object.fromEntries(Object.entries(sample('video')).reverse());
    expect(resourceFacts(turned as never, sampleTransfer('video')).snapshot_digest).toBe(
      documentDigest(sampleSnapshot('video')),
    );
  });

  it.each<[string, ResourceKind, Change]>([
    ['the row is of another video', 'video', (s) => (s.rows.video_file.video_hash = 'f'.repeat(64))],
    ['the row does not say its hash', 'video', (s) => delete s.rows.video_file.video_hash],
    ['there is no row', 'video', (s) => delete s.rows.video_file],
    ['the row and the media disagree', 'video', (s) => (s.rows.video_file.processed_video_hash = 'f'.repeat(64))],
    ['the state and the media disagree', 'video', (s) => (s.rows.video_state.processed_file_sha256 = 'f'.repeat(64))],
    ['the state says no hash', 'video', (s) => (s.rows.video_state.processed_file_sha256 = '')],
    ['the media has no hash', 'video', (s) => (s.processed_media.sha256 = null)],
    ['an annotation is of another video', 'video', (s) => (s.rows.frame_annotations[0].video_hash = 'f'.repeat(64))],
    ['a segment is of another video', 'video', (s) => (s.rows.video_segments[0].video_hash = 'f'.repeat(64))],
    ['the report row is of another report', 'report', (s) => (s.rows.raw_pdf_file.pdf_hash = 'f'.repeat(64))],
    ['there is no report row', 'report', (s) => delete s.rows.raw_pdf_file],
    [
      'the report state and the media disagree',
      'report',
      (s) => (s.rows.raw_pdf_state.processed_file_sha256 = 'f'.repeat(64)),
    ],
  ])('call hashes inconsistent where %s', (_claim, kind, change) => {
    expect(factsOf(kind, change).hashes_consistent).toBe(false);
  });

  it.each<[string, Change]>([
    ['hashes are in upper case', (s) => (s.rows.video_file.video_hash = 'A'.repeat(64))],
    [
      'the row names its hash as the newest hubs do',
      (s) => (
        (s.rows.video_file = { ...s.rows.video_file, raw_video_hash: 'a'.repeat(64) }),
        delete s.rows.video_file.video_hash
      ),
    ],
    [
      'there is no media yet and so no hash',
      (s) => (
        (s.processed_media = { present: false }),
        (s.rows.video_file.processed_video_hash = null),
        (s.rows.video_state.processed_file_sha256 = '')
      ),
    ],
    ['annotations leave their hash out', (s) => delete s.rows.frame_annotations[0].video_hash],
  ])('call hashes consistent where %s', (_claim, change) => {
    expect(factsOf('video', change).hashes_consistent).toBe(true);
  });

  it.each<[string, ResourceKind, Change]>([
    ['frame count', 'video', (s) => (s.rows.video_file.frame_count = null)],
    ['frames', 'video', (s) => (s.rows.video_file.frame_count = 0)],
    ['rate', 'video', (s) => delete s.rows.video_file.fps],
    ['duration', 'video', (s) => delete s.rows.video_file.duration],
    ['width', 'video', (s) => delete s.rows.video_file.width],
    ['height', 'video', (s) => delete s.rows.video_file.height],
    ['anonymized text', 'report', (s) => (s.rows.raw_pdf_file.anonymized_text = ' ')],
  ])('call content incomplete without %s', (_claim, kind, change) => {
    expect(factsOf(kind, change).content_complete).toBe(false);
  });

  it('take the site by its word for a state only as far as its own row goes', () => {
    expect(factsOf('video', (s) => (s.anonymization_state = 'processing_anonymization')).anonymization_state).toBe(
      'PROCESSING_ANONYMIZING',
    );
    expect(factsOf('video', (s) => (s.anonymization_state = 'brand new')).anonymization_state).toBe('UNKNOWN');
    expect(factsOf('video', (s) => (s.rows.video_state.anonymization_validated = false)).anonymization_state).toBe(
      'UNKNOWN',
    );
  });

  it('tell an error of either the snapshot or the row', () => {
    expect(factsOf('video', (s) => (s.processing_error = true)).processing_error).toBe(true);
    expect(factsOf('video', (s) => (s.rows.video_state.processing_error = true)).processing_error).toBe(true);
    expect(factsOf('report', (s) => (s.rows.raw_pdf_state.processing_error = true)).processing_error).toBe(true);
  });
});

describe('what a site says on the bus', () => {
  const identity = { node_key: 'site.a', resource_kind: 'video', resource_hash: 'a'.repeat(64) };
  const mark = {
    command_id: '6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    actor: { kind: 'user', subject: 'alice' },
    target_node_key: 'hub',
    resource: { resource_kind: 'video', resource_hash: 'a'.repeat(64) },
  };

  it('is read by its subject', () => {
    const changed = { ...sample('video'), ...identity };
    expect(parseSiteMessage(siteSubject('site.a', 'resource.changed'), changed)).toEqual({
      action: 'resource.changed',
      node_key: 'site.a',
      body: changed,
    });
    const deleted = { ...identity, source_version: 2 };
    expect(parseSiteMessage(siteSubject('site.a', 'resource.deleted'), deleted)).toMatchObject({
      action: 'resource.deleted',
      body: deleted,
    });
    expect(parseSiteMessage('site.site-b.mark', mark)).toMatchObject({
      action: 'mark',
      node_key: 'site-b',
      body: mark,
    });
    expect(
      parseSiteMessage('site.site-b.unmark', { ...mark, resource: { resource_kind: 'video', id: 17 } }),
    ).toMatchObject({ action: 'unmark' });
  });

  it.each<[string, string, unknown, string[]]>([
    ['on a subject of none', 'site.site-b.delete', {}, ['unknown_site_subject:  matches']],
    ['on a subject with a broken key', 'site.%E0%A4%A.mark', mark, ['unknown_site_subject:  matches']],
    [
      'for another node',
      'site.site-b.resource.deleted',
      { ...identity, source_version: 2 },
      ['node_key_mismatch: node_key equals'],
    ],
    [
      'with rows that name a person',
      'site.site%2Ea.resource.changed',
      { ...sample('video', (s) => (s.rows.dob = 1)), ...identity },
      ['privacy_field_forbidden: rows.dob privacy_field_forbidden'],
    ],
    [
      'without its identity',
      'site.site%2Ea.resource.changed',
      sample('video'),
      ['node_key', 'resource_hash', 'resource_kind'].map((f) => `invalid_site_resource_changed: ${f} required`),
    ],
    ['without a command id', 'site.site-b.mark', { ...mark, command_id: 1 }, ['invalid_site_mark: command_id is_uuid']],
    ['without an actor', 'site.site-b.unmark', { ...mark, actor: undefined }, ['invalid_site_unmark: actor required']],
    [
      'of no resource',
      'site.site-b.mark',
      { ...mark, resource: { resource_kind: 'video' } },
      ['invalid_site_mark: resource.resource_hash required'],
    ],
  ])('is refused %s', (_claim, subject, body, faults) => {
    expect([...told(() => parseSiteMessage(subject, body))].sort()).toEqual(faults);
  });
});
