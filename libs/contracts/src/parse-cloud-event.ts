import type { JsonObject } from './canonical-json.js';
import { SUBJECT_PREFIX } from './cloud-event.js';
import { form, integer, isObject, object, oneOf, type Schema, text, type ValueOf } from './closed-schema.js';
import { ContractFault, refuseFaults } from './contract-fault.js';
import type { HubExportEvent } from './events/events.js';
import { parseEvent } from './events/parse-event.js';
import { SHA256_HEX } from './identity.js';
import type { RecordedEvent } from './recorded-event.js';

/** Any object: the data is checked by the event's own contract, and must stay as it was recorded. */
const recordedData: Schema<JsonObject> = {
  check: (value) => (isObject(value) ? [] : [{ field: '', code: 'is_object' }]),
  json: { type: 'object' },
};

const required = {
  specversion: oneOf('1.0'),
  id: form(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  type: form(/^[a-z0-9.-]+\.[A-Za-z][A-Za-z0-9]*$/),
  source: text(255),
  subject: text(512),
  time: form(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/),
  datacontenttype: oneOf('application/json'),
  data: recordedData,
  globalseq: integer(1),
  streamversion: integer(1),
  correlationid: text(255),
  entryhash: form(SHA256_HEX, 64),
};
const optional = { causationid: text(255) };
const ATTRIBUTES = object(required, optional);
const NAMES = Object.keys({ ...required, ...optional });

/** The attributes of a committed event on the bus. Other extensions are let pass, as CloudEvents asks. */
export const CLOUD_EVENT_SCHEMA: JsonObject = { ...ATTRIBUTES.json, additionalProperties: true };

/** What a message of stream `HUB_EXPORT` says: the entry as it stands in the log, and the event it is. */
export interface AnnouncedEvent {
  /** With its data as recorded, from which an auditor rebuilds the entry's hash. */
  readonly recorded: RecordedEvent;
  readonly event: HubExportEvent;
}

/**
 * Reads a message of stream `HUB_EXPORT`.
 * @throws {ContractFault} `invalid_cloud_event`, `unknown_event_type` or `invalid_event`; nothing else.
 */
export function parseCloudEvent(value: unknown): AnnouncedEvent {
  const recorded = readCloudEvent(value);
  return { recorded, event: parseEvent(recorded.type, recorded.data) };
}

/**
 * The entry alone, whatever event it is: an auditor keeps entries of types that it does not know.
 * @throws {ContractFault} `invalid_cloud_event`, or `unknown_event_type` where the type is not one of its stream.
 */
export function readCloudEvent(value: unknown): RecordedEvent {
  const attributes = attributesOf(value);
  const aggregate = attributes.subject.split('-', 1)[0] ?? '';
  const prefix = `${SUBJECT_PREFIX}.${aggregate}.`;
  if (!attributes.type.startsWith(prefix))
    throw new ContractFault('unknown_event_type', [{ field: 'type', code: 'is_in' }]);
  return {
    globalSeq: attributes.globalseq,
    streamId: attributes.subject,
    version: attributes.streamversion,
    id: attributes.id,
    type: attributes.type.slice(prefix.length),
    data: attributes.data,
    correlationId: attributes.correlationid,
    causationId: attributes.causationid ?? null,
    recordedAt: attributes.time,
    hash: attributes.entryhash,
  };
}

function attributesOf(value: unknown): ValueOf<typeof ATTRIBUTES> {
  if (!isObject(value)) throw new ContractFault('invalid_cloud_event', [{ field: '', code: 'is_object' }]);
  const known: Record<string, unknown> = {};
  for (const name of NAMES) if (Object.hasOwn(value, name)) known[name] = value[name];
  refuseFaults('cloud_event', ATTRIBUTES.check(known));
  return known as ValueOf<typeof ATTRIBUTES>;
}
