import type { JsonObject } from '../canonical-json.js';
import { MarkRequest, TransferSelection } from '../commands.js';
import { EVENTS } from '../events/events.js';
import { CentralHubDocument, SiteNodeDocument } from '../nodes/node-document.js';
import { CLOUD_EVENT_SCHEMA } from '../parse-cloud-event.js';
import { payloadSchema } from '../payload/payload-schema.js';
import { ResourceSnapshot, SiteResourceChanged } from '../snapshot/resource-snapshot.js';
import { SiteMark, SiteResourceDeleted, SiteUnmark } from '../snapshot/site-messages.js';
import { HUB_PROFILES, RESOURCE_KINDS } from '../vocabulary.js';
import { classSchema } from './class-schema.js';

/** Every JSON Schema of the contracts by its file name without `.json`. */
export function jsonSchemas(): { readonly [name: string]: JsonObject } {
  const events = Object.entries(EVENTS).map(([name, type]) => [`event.${name}`, classSchema(type, 'dropped')] as const);
  const documents = DOCUMENTS.map((type) => [`document.${type.name}`, classSchema(type, 'refused')] as const);
  const payloads = HUB_PROFILES.flatMap((profile) =>
    RESOURCE_KINDS.map((kind) => [`payload.${profile}.${kind}`, payloadSchema(profile, kind).json] as const),
  );
  const all = [['cloud-event', CLOUD_EVENT_SCHEMA] as const, ...events, ...documents, ...payloads];
  return Object.fromEntries(all.map(([name, schema]) => [name, titled(name, schema)]));
}

/** What others send us. */
const DOCUMENTS = [
  ResourceSnapshot,
  SiteNodeDocument,
  CentralHubDocument,
  MarkRequest,
  TransferSelection,
  SiteResourceChanged,
  SiteResourceDeleted,
  SiteMark,
  SiteUnmark,
];

function titled(name: string, schema: JsonObject): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:hub-export:v1:${name}`,
    title: name,
    ...schema,
  };
}
