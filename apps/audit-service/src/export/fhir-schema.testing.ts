/**
 * The part of FHIR R4 (4.0.1) that an AuditEvent of ours consists of, as JSON Schema: written by hand from the public
 * definition of the resource and its data types, closed, with the cardinalities, required bindings and patterns of that
 * definition. The schema file of HL7 itself is 60,000 lines for all resources; nothing of it is copied.
 */
const code = { type: 'string', pattern: '^[^\\s]+(\\s[^\\s]+)*$' };
const text = { type: 'string', pattern: '^[ \\r\\n\\t\\S]+$' };
const uri = { type: 'string', pattern: '^\\S+$' };
const instant = {
  type: 'string',
  pattern:
    '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$',
};

function closed(properties: object, required: readonly string[] = []): object {
  return { type: 'object', properties, required, additionalProperties: false, minProperties: 1 };
}

const list = (items: object, minItems = 1): object => ({ type: 'array', items, minItems });

const coding = closed({ system: uri, version: text, code, display: text, userSelected: { type: 'boolean' } });
const concept = closed({ coding: list(coding), text });
const identifier = closed({
  use: { enum: ['usual', 'official', 'temp', 'secondary', 'old'] },
  type: concept,
  system: uri,
  value: text,
});
const reference = closed({ reference: text, type: uri, identifier, display: text });
const extension = closed({ url: uri, valueString: text }, ['url']);

export const FHIR_AUDIT_EVENT_SCHEMA = closed(
  {
    resourceType: { const: 'AuditEvent' },
    id: { type: 'string', pattern: '^[A-Za-z0-9\\-.]{1,64}$' },
    meta: closed({ profile: list(uri) }),
    extension: list(extension),
    type: coding,
    subtype: list(coding),
    action: { enum: ['C', 'R', 'U', 'D', 'E'] },
    recorded: instant,
    outcome: { enum: ['0', '4', '8', '12'] },
    outcomeDesc: text,
    purposeOfEvent: list(concept),
    agent: list(
      closed(
        {
          type: concept,
          role: list(concept),
          who: reference,
          altId: text,
          name: text,
          requestor: { type: 'boolean' },
          policy: list(uri),
          network: closed({ address: text, type: { enum: ['1', '2', '3', '4', '5'] } }),
        },
        ['requestor'],
      ),
    ),
    source: closed({ site: text, observer: reference, type: list(coding) }, ['observer']),
    entity: list(
      closed({
        what: reference,
        type: coding,
        role: coding,
        name: text,
        description: text,
        detail: list(closed({ type: text, valueString: text }, ['type', 'valueString'])),
      }),
    ),
  },
  ['resourceType', 'type', 'recorded', 'agent', 'source'],
);
