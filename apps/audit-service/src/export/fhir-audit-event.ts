import type { JsonObject, JsonValue } from '@hub-export/contracts';
import type { Outcome } from '../record/action.js';
import type { AuditedEvent } from '../record/audited-event.js';

/** IHE Basic Audit Log Patterns: what a source records when it discloses data about a patient. */
export const DISCLOSURE_PROFILE =
  'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source';

const DICOM = 'http://dicom.nema.org/resources/ontology/DCM';
const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const ENTITY_ROLE = 'http://terminology.hl7.org/CodeSystem/object-role';
const MACHINE_NAME = '1';

/**
 * The event as a FHIR R4 AuditEvent. What told the hub of a resource (accepted metadata, media that left, an outcome
 * nobody knows) follows IHE BALP's disclosure at the source; all else is an activity of the application.
 */
export function fhirAuditEvent(event: AuditedEvent): JsonObject {
  const isDisclosure = disclosed(event);
  const observer = siteOf(event);
  return {
    resourceType: 'AuditEvent',
    id: event.event_id,
    ...(isDisclosure ? { meta: { profile: [DISCLOSURE_PROFILE] } } : {}),
    extension: [
      { url: 'urn:hub-export:global-seq', valueString: String(event.global_seq) },
      { url: 'urn:hub-export:entry-hash', valueString: event.entry_hash },
    ],
    type: isDisclosure ? coding(DICOM, '110106', 'Export') : coding(DICOM, '110100', 'Application Activity'),
    subtype: [
      ...(isDisclosure
        ? [coding('http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', 'disclose', 'Disclose')]
        : []),
      coding('urn:hub-export:event', event.type, event.type),
    ],
    action: isDisclosure ? 'R' : 'E',
    recorded: event.recorded_at,
    outcome: OUTCOMES[event.outcome ?? 'unknown'],
    outcomeDesc: descriptionOf(event),
    agent: [
      requestor(event),
      ...(isDisclosure
        ? [
            agent('110153', 'Source Role ID', observer, 'hub-export'),
            agent('110152', 'Destination Role ID', named('node', event.target_node_key), event.target_node_key),
          ]
        : []),
    ],
    source: { ...(event.center_key === null ? {} : { site: event.center_key }), observer },
    entity: entitiesOf(event, isDisclosure),
  };
}

const OUTCOMES: { readonly [Told in Outcome]: string } = { done: '0', refused: '4', failed: '8', unknown: '8' };

function disclosed({ type, data, folded }: AuditedEvent): boolean {
  if (!folded) return false;
  if (type === 'TransferFailed') return Number(data['bytes_sent'] ?? 0) > 0;
  return type === 'RegistrationAccepted' || type === 'TransferCompleted' || type === 'OutcomeUnknown';
}

function descriptionOf({ outcome, data }: AuditedEvent): string {
  const { code } = data;
  return typeof code === 'string' ? `${outcome ?? 'not understood'}: ${code}` : (outcome ?? 'not understood');
}

function entitiesOf(event: AuditedEvent, isDisclosure: boolean): readonly JsonObject[] {
  const { resource_kind, resource_hash, transfer_id, patient_hash, correlation_id } = event;
  const isAboutPatient = isDisclosure || patient_hash !== null;
  return [
    ...(isAboutPatient ? [entity(patient(patient_hash), coding(ENTITY_TYPE, '1', 'Person'), PATIENT)] : []),
    ...(resource_hash === null ? [] : [entity(named(`${resource_kind}`, resource_hash), SYSTEM_OBJECT, REPORT)]),
    ...(transfer_id === null
      ? []
      : [{ ...entity(named('transfer', transfer_id), SYSTEM_OBJECT, JOB), ...detailOf(event) }]),
    entity(
      named('correlation', correlation_id),
      coding('https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', 'XrequestId', 'X-Request-Id'),
    ),
  ];
}

const PATIENT = coding(ENTITY_ROLE, '1', 'Patient');
const REPORT = coding(ENTITY_ROLE, '3', 'Report');
const JOB = coding(ENTITY_ROLE, '20', 'Job');
const SYSTEM_OBJECT = coding(ENTITY_TYPE, '2', 'System Object');

/** Only digests and counts, so that the hub's answer can be found again. */
function detailOf({ data }: AuditedEvent): JsonObject {
  const members = [
    'payload_digest',
    'media_sha256',
    'acknowledgement_digest',
    'hub_transfer_id',
    'bytes_sent',
  ] as const;
  const detail = members.flatMap((type) => {
    const value = data[type];
    return typeof value === 'string' || typeof value === 'number' ? [{ type, valueString: String(value) }] : [];
  });
  return detail.length === 0 ? {} : { detail };
}

/** The site's pseudonym, never the person. */
function patient(hash: string | null): JsonObject {
  return hash === null
    ? { type: 'Patient', display: 'pseudonym not told' }
    : { type: 'Patient', ...named('patient', hash) };
}

function requestor({ actor, data }: AuditedEvent): JsonObject {
  const [kind, ...rest] = (actor ?? 'system:unknown').split(':');
  const { by } = data;
  const name = isObject(by) && typeof by['name'] === 'string' ? { name: by['name'] } : {};
  return { who: named(kind === 'user' ? 'subject' : 'system', rest.join(':')), ...name, requestor: true };
}

function siteOf({ center_key }: AuditedEvent): JsonObject {
  return { display: 'Hub Export', ...(center_key === null ? {} : named('center', center_key)) };
}

function agent(code: string, display: string, who: JsonObject, machine: string | null): JsonObject {
  return {
    type: { coding: [coding(DICOM, code, display)] },
    who,
    requestor: false,
    network: { address: machine ?? 'unknown', type: MACHINE_NAME },
  };
}

function entity(what: JsonObject, type: JsonObject, role?: JsonObject): JsonObject {
  return { what, type, ...(role === undefined ? {} : { role }) };
}

function named(what: string, value: string | null): JsonObject {
  return { identifier: { system: `urn:hub-export:${what}`, value: value ?? 'unknown' } };
}

function coding(system: string, code: string, display: string): JsonObject {
  return { system, code, display };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
