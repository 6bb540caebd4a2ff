import { Ajv } from 'ajv';
import fc from 'fast-check';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toCloudEvent } from '../cloud-event.js';
import { EVENTS, type EventType } from '../events/events.js';
import { EVENT_SAMPLES } from '../events/event-samples.testing.js';
import { buildPayload } from '../payload/build-payload.js';
import { payloadSchema } from '../payload/payload-schema.js';
import { sampleSnapshot, sampleTransfer } from '../payload/samples.testing.js';
import { HUB_PROFILES, RESOURCE_KINDS } from '../vocabulary.js';
import { asyncApi } from './async-api.js';
import { documentFiles } from './document-files.js';
import { jsonSchemas } from './json-schemas.js';

const ROOT = join(import.meta.dirname, '../../../..');
const FORMATS = {
  uuid: /^[0-9a-f-]{36}$/i,
  'date-time': /^\d{4}-\d\d-\d\dT/,
  uri: /^[a-z]+:/,
  'uri-reference': true,
  email: true,
} as const;

const schemas = jsonSchemas();
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: FORMATS, strictTypes: false, strictRequired: false });

function validator(name: string): ValidateFunction {
  const known = ajv.getSchema(`urn:hub-export:v1:${name}`);
  return known ?? ajv.compile(schemas[name] ?? false);
}

describe('the documents in docs/contracts', () => {
  it('are what the code makes; if not, build and run libs/contracts/scripts/write-documents.mjs', async () => {
    const written = await readdir(join(ROOT, 'docs/contracts/schemas'));
    const made = documentFiles();
    expect(written.map((name) => `schemas/${name}`).sort()).toEqual(
      [...made.keys()].filter((name) => name !== 'asyncapi.json').sort(),
    );
    for (const [name, text] of made) expect(await readFile(join(ROOT, 'docs/contracts', name), 'utf8')).toBe(text);
  });
});

describe.each(Object.keys(EVENTS) as EventType[])('the schema of %s', (type) => {
  const validate = validator(`event.${type}`);

  it('takes the event', () => {
    validate(EVENT_SAMPLES[type]);
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(Object.keys(EVENT_SAMPLES[type]))('asks for its %s, and not for a list of it', (member) => {
    const { [member]: _missing, ...rest } = EVENT_SAMPLES[type];
    expect(validate(rest)).toBe(false);
    expect(validate({ ...rest, [member]: [['x']] })).toBe(false);
  });
});

describe('the schemas of documents', () => {
  it.each(RESOURCE_KINDS)('take a snapshot of a %s, and no member more', (kind) => {
    const validate = validator('document.ResourceSnapshot');
    validate(sampleSnapshot(kind));
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...sampleSnapshot(kind), dob: 'x' })).toBe(false);
    expect(validate({ ...sampleSnapshot(kind), rows: { dob: 'x' } })).toBe(false);
  });

  it.each(HUB_PROFILES.flatMap((profile) => RESOURCE_KINDS.map((kind) => [profile, kind] as const)))(
    'take a payload for %s of a %s',
    (profile, kind) => {
      const payload = buildPayload({ profile, transfer: sampleTransfer(kind), snapshot: sampleSnapshot(kind) });
      const validate = validator(`payload.${profile}.${kind}`);
      validate(payload);
      expect(validate.errors ?? []).toEqual([]);
      expect(validate({ ...payload, extra: 1 })).toBe(false);
    },
  );

  it('take of a spoilt payload exactly what the parser takes', () => {
    const profile = 'endoreg-3.0';
    const payload = buildPayload({ profile, transfer: sampleTransfer('video'), snapshot: sampleSnapshot('video') });
    const validate = validator(`payload.${profile}.video`);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(-1, 0, 0.5, '', ' ', ' x', 'x', true, null, [], {}),
    );
    fc.assert(
      fc.property(fc.constantFrom(...membersOf(payload)), value, (path, spoilt) => {
        const whole = withMember(payload, path, spoilt);
        expect(validate(whole)).toBe(payloadSchema(profile, 'video').check(whole).length === 0);
      }),
      { numRuns: 500 },
    );
  });

  it('take a hub and refuse plain HTTP', () => {
    const hub = {
      role: 'central_hub',
      display_name: 'Hub',
      is_active: true,
      base_url: 'https://hub.example/',
      profile: 'endoreg-3.0',
      tls: { client_cert_file: '/c', client_key_file: '/k', ca_file: '/a' },
      eligible_states: ['VALIDATED'],
      limits: { concurrency: 4, requests_per_second: 5, windows: [] },
    };
    expect(validator('document.CentralHubDocument')(hub)).toBe(true);
    expect(validator('document.CentralHubDocument')({ ...hub, base_url: 'http://hub.example/' })).toBe(false);
  });

  it('are all well-formed', () => {
    for (const name of Object.keys(schemas)) expect(validator(name)).toBeInstanceOf(Function);
  });
});

describe('the AsyncAPI document', () => {
  const document = JSON.parse(JSON.stringify(asyncApi()));

  it('is AsyncAPI 3.0', async () => {
    const schema: object = JSON.parse(
      await readFile(join(ROOT, 'node_modules/@asyncapi/specs/schemas/3.0.0.json'), 'utf8'),
    );
    const validate = new Ajv({ strict: false, meta: false, validateSchema: false, formats: FORMATS }).compile(schema);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...document, channels: [] })).toBe(false);
  });

  it('names every event once, and the three streams', () => {
    const channels = Object.values(document.channels as Record<string, ReturnType<typeof JSON.parse>>);
    const named = channels
      .filter((channel) => channel['x-stream'] === 'HUB_EXPORT')
      .flatMap((channel) => Object.keys(channel.messages));
    expect(named.sort()).toEqual(Object.keys(EVENTS).sort());
    expect([...new Set(channels.map((channel) => channel['x-stream']))].sort()).toEqual([
      'HUB_EXPORT',
      'HUB_EXPORT_PARKED',
      'HUB_EXPORT_SITE',
    ]);
  });

  it('describes the message that is published', () => {
    const message = toCloudEvent({
      globalSeq: 1,
      streamId: 'egress',
      version: 1,
      id: '1b671a64-40d5-491e-99b0-da01ff1f3341',
      type: 'EgressStopped',
      data: EVENT_SAMPLES.EgressStopped,
      correlationId: 'c',
      causationId: null,
      recordedAt: '2026-11-01T10:00:00.123456Z',
      hash: 'e'.repeat(64),
    });
    const validate = ajv.compile(document.channels.egress.messages.EgressStopped.payload);
    validate(message);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...message, type: 'hub-export.v1.egress.EgressResumed' })).toBe(false);
    expect(validate({ ...message, data: {} })).toBe(false);
  });
});

function membersOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const below = members.flatMap(([name, member]) => membersOf(member, [...path, name]));
  return path.length === 0 ? below : [path, ...below];
}

function withMember(value: unknown, [name, ...below]: readonly string[], put: unknown): unknown {
  if (name === undefined) return put;
  const holder: Record<string, unknown> = Object.assign(Array.isArray(value) ? [] : {}, value);
  holder[name] = withMember(holder[name], below, put);
  return holder;
}
