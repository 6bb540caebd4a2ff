import type { JsonObject, JsonValue } from '../canonical-json.js';
import { SUBJECT_PREFIX } from '../cloud-event.js';
import { CIRCUIT_EVENTS } from '../events/circuit-events.js';
import { EGRESS_EVENTS } from '../events/egress-events.js';
import { NODE_EVENTS } from '../events/node-events.js';
import { REFUSAL_EVENTS } from '../events/refusal-events.js';
import { RESOURCE_EVENTS } from '../events/resource-events.js';
import { TRANSFER_EVENTS } from '../events/transfer-events.js';
import { CLOUD_EVENT_SCHEMA } from '../parse-cloud-event.js';
import { SiteResourceChanged } from '../snapshot/resource-snapshot.js';
import { SITE_ACTIONS, type SiteAction, SiteMark, SiteResourceDeleted, SiteUnmark } from '../snapshot/site-messages.js';
import { classSchema, type Undeclared } from './class-schema.js';

interface Channel {
  readonly stream: string;
  readonly address: string;
  readonly description: string;
  readonly parameters: { readonly [name: string]: string };
  readonly messages: { readonly [name: string]: JsonObject };
  /** Seen from Hub Export: it sends announcements, it receives what sites say. */
  readonly action: 'send' | 'receive';
}

type EventClasses = { readonly [type: string]: new () => object };

const AGGREGATES: { readonly [aggregate: string]: { readonly events: EventClasses; readonly id: string } } = {
  resource: { events: RESOURCE_EVENTS, id: '`<kind>-<resource_hash>`' },
  transfer: { events: TRANSFER_EVENTS, id: 'The transfer id, a UUID.' },
  node: { events: NODE_EVENTS, id: 'The node key as one token.' },
  circuit: { events: CIRCUIT_EVENTS, id: 'The key of the hub’s node as one token.' },
  egress: { events: EGRESS_EVENTS, id: '`egress`' },
  refusal: { events: REFUSAL_EVENTS, id: 'The refusal id.' },
};

const SITE_BODIES: { readonly [Action in SiteAction]: new () => object } = {
  'resource.changed': SiteResourceChanged,
  'resource.deleted': SiteResourceDeleted,
  mark: SiteMark,
  unmark: SiteUnmark,
};

/** The streams and subjects of the bus as an AsyncAPI 3.0 document, made from the event classes. */
export function asyncApi(): JsonObject {
  const channels = [...announcements(), ...siteChannels(), parkedChannel()];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Hub Export',
      version: '1.0.0',
      description:
        'Committed events are announced as CloudEvents 1.0 in structured JSON; `Nats-Msg-Id` is the event id, and the ' +
        'place in stream HUB_EXPORT equals `globalseq`. Delivery is at least once. A new member of an event is ' +
        'optional; a new meaning is a new version of the subject.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channels.map(([name, channel]) => [name, channelObject(channel)])),
    operations: Object.fromEntries(
      channels.map(([name, { action }]) => [`${action}.${name}`, { action, channel: { $ref: `#/channels/${name}` } }]),
    ),
  };
}

function announcements(): readonly (readonly [string, Channel])[] {
  return Object.entries(AGGREGATES).map(([aggregate, { events, id }]) => [
    aggregate,
    {
      stream: 'HUB_EXPORT',
      address: `${SUBJECT_PREFIX}.${aggregate}.{eventType}.{aggregateId}`,
      description: `What happened in streams \`${aggregate}\` of the log.`,
      parameters: { eventType: 'The name of the event.', aggregateId: id },
      messages: Object.fromEntries(
        Object.entries(events).map(([name, type]) => [
          name,
          announcement(`${SUBJECT_PREFIX}.${aggregate}.${name}`, type),
        ]),
      ),
      action: 'send',
    },
  ]);
}

/** The attributes of CloudEvents with this event as their data. */
function announcement(type: string, event: new () => object): JsonObject {
  const { properties, ...attributes } = CLOUD_EVENT_SCHEMA;
  return {
    contentType: 'application/cloudevents+json',
    payload: {
      ...attributes,
      properties: { ...(properties as JsonObject), type: { const: type }, data: payloadOf(event, 'dropped') },
    },
  };
}

function siteChannels(): readonly (readonly [string, Channel])[] {
  return SITE_ACTIONS.map((action) => {
    const body = SITE_BODIES[action];
    return [
      `site-${action.replace('.', '-')}`,
      {
        stream: 'HUB_EXPORT_SITE',
        address: `site.{nodeKey}.${action}`,
        description: 'What a site node tells or asks; the same rules as over HTTP.',
        parameters: { nodeKey: 'The key of the site node as one token.' },
        messages: { [body.name]: { contentType: 'application/json', payload: payloadOf(body, 'refused') } },
        action: 'receive',
      },
    ];
  });
}

function parkedChannel(): readonly [string, Channel] {
  return [
    'parked',
    {
      stream: 'HUB_EXPORT_PARKED',
      address: 'hub-export-parked.{consumer}',
      description:
        'What could not be processed, kept as it was with its reason in the headers; it can be driven again.',
      parameters: { consumer: 'The durable consumer that gave it up.' },
      messages: { ParkedMessage: { description: 'The body of the message that was given up, unchanged.' } },
      action: 'send',
    },
  ];
}

function channelObject({ stream, address, description, parameters, messages }: Channel): JsonObject {
  return {
    address,
    description,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, meaning]) => [name, { description: meaning }]),
    ),
    messages,
    'x-stream': stream,
  };
}

/** The schema of a body, in the 2020-12 draft and without references, which would point into the wrong document. */
function payloadOf(type: new () => object, undeclared: Undeclared): JsonObject {
  return inlined(classSchema(type, undeclared));
}

function inlined({ $defs = {}, ...schema }: JsonObject): JsonObject {
  return resolved(schema, $defs as { readonly [name: string]: JsonObject }) as JsonObject;
}

/** Our classes are trees, so that putting each reference in its place comes to an end. */
function resolved(value: JsonValue, definitions: { readonly [name: string]: JsonObject }): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => resolved(item, definitions));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref: reference, ...rest } = value as JsonObject;
  const named = typeof reference === 'string' ? (definitions[reference.replace('#/$defs/', '')] ?? {}) : {};
  const members = Object.entries({ ...rest, ...named }).map(([key, member]) => [key, resolved(member, definitions)]);
  return Object.fromEntries(members) as JsonObject;
}
