import { REJECTION_CODES } from '../envelope/rejection.js';
import { type FaultAction, type FaultRule } from './fault.js';

/** A fault that has a name: what a real hub, its proxy or the way to it has been seen to do. */
export interface NamedFault {
  readonly name: string;
  /** The calls it can meet; none: it meets a connection. */
  readonly steps: readonly NonNullable<FaultRule['step']>[];
  readonly action: FaultAction;
}

const EVERY = ['create', 'media', 'status'] as const;
const WITH_BODY = ['create', 'media'] as const;
const WITH_RECEIPT = ['media', 'create', 'status'] as const;
const PORTAL = '<!DOCTYPE html><html><body>Please sign in</body></html>';

/** What identifies a transfer in a status document: the fields a sender has to compare. */
export const IDENTITY_FIELDS = [
  'id',
  'transfer_key',
  'source_node_key',
  'target_node_key',
  'source_center_key',
  'resource_kind',
  'resource_hash',
  'processed_media_hash',
  'transfer_mode',
  'payload_schema_version',
] as const;

/** The fields of a receipt; hub contract 7.5. */
export const RECEIPT_FIELDS = [
  'contract_version',
  'envelope_contract_version',
  'profile',
  'transfer_key',
  'source_node_key',
  'source_center_key',
  'target_node_key',
  'resource_kind',
  'resource_hash',
  'processed_media_hash',
  'transfer_mode',
  'media_role',
  'plaintext_sha256',
  'plaintext_size',
  'recipient_key_id',
  'ciphertext_sha256',
  'ciphertext_size',
  'envelope_fingerprint_sha256',
  'receiver_transfer_id',
  'transfer_status',
  'processing_decision',
  'verified',
] as const;

const DEPTH = 100_000;
const REDIRECTS = [301, 302, 307, 308];
const ELSEWHERE = { location: 'https://127.0.0.1:1/' };
const JSON_TYPE = { 'content-type': 'application/json' };
const STATES = ['pending', 'claimed', 'running', 'retry_wait', 'lost', 'inconsistent', 'half_applied'] as const;

/** Every fault by its name, in the order of the README. */
export const HUB_FAULTS: readonly NamedFault[] = [
  fault('refused', [], { type: 'refuse-connection' }),
  fault('certificate-refused', [], { type: 'tls-alert', alert: 42 }),
  fault('handshake-failure', [], { type: 'tls-alert', alert: 40 }),
  fault('reset', EVERY, { type: 'reset' }),
  fault('never-reads', WITH_BODY, { type: 'never-read' }),
  fault('reads-slowly', WITH_BODY, { type: 'throttle', bytes_per_second: 65_536 }),
  fault('slow-headers', EVERY, { type: 'drip-answer', bytes_per_second: 1 }),
  fault('timeout', EVERY, { type: 'hang', when: 'before' }),
  fault('timeout-after-commit', EVERY, { type: 'hang', when: 'after' }),
  fault('lost-answer', EVERY, { type: 'lose-answer' }),
  fault('cut-answer', EVERY, { type: 'cut-answer', after_bytes: 20 }),
  fault('cut-at-first-byte', WITH_BODY, { type: 'cut-body', after_bytes: 0 }),
  fault('cut-after-one-byte', WITH_BODY, { type: 'cut-body', after_bytes: 1 }),
  fault('cut-after-64-kib', ['media'], { type: 'cut-body', after_bytes: 65_536 }),
  ...[500, 502, 503, 504].map((status) => fault(`${status}`, EVERY, answered(status, PORTAL))),
  fault('500-after-commit', EVERY, { ...answered(500, PORTAL), when: 'after' }),
  fault('503-retry-after', EVERY, { ...answered(503, PORTAL), headers: { 'retry-after': '1' } }),
  fault('429-retry-after', EVERY, {
    ...answered(429, { detail: 'Request was throttled.' }),
    headers: { 'retry-after': '1' },
  }),
  fault('400-fields', ['create'], answered(400, { resource_rows: ['refused'] })),
  fault('400-detail', EVERY, answered(400, { detail: 'refused' })),
  fault('400-html', EVERY, answered(400, PORTAL)),
  fault('401', EVERY, answered(401, { detail: 'refused' })),
  fault('403', EVERY, answered(403, { detail: 'refused' })),
  fault('404', EVERY, answered(404, { detail: 'Not found.' })),
  fault('409-same', EVERY, { type: 'lie', status: 409 }),
  fault('409-other', EVERY, answered(409, { error: 'The transfer key is taken by another transfer.' })),
  fault('409-running', ['media'], { type: 'claim', ms: 1_000 }),
  fault('413', WITH_BODY, answered(413, PORTAL)),
  fault('413-early-reset', WITH_BODY, { ...answered(413, PORTAL), unread: true }),
  fault('415', WITH_BODY, answered(415, { detail: 'Unsupported media type.' })),
  ...REDIRECTS.map((status) => fault(`${status}`, EVERY, { ...answered(status, ''), headers: ELSEWHERE })),
  ...IDENTITY_FIELDS.map((field) => fault(`wrong-${field}`, EVERY, { type: 'lie', set: { [field]: 'another' } })),
  ...IDENTITY_FIELDS.map((field) => fault(`missing-${field}`, EVERY, { type: 'lie', remove: [field] })),
  ...RECEIPT_FIELDS.map((field) =>
    fault(`wrong-receipt-${field}`, WITH_RECEIPT, { type: 'lie', set_receipt: { [field]: 'another' } }),
  ),
  fault('missing-receipt', WITH_RECEIPT, { type: 'lie', remove: ['envelope_receipt'] }),
  fault('invalid-json', EVERY, { ...answered(200, '{"transfer_status": "applied"'), headers: JSON_TYPE }),
  fault('html', EVERY, answered(200, PORTAL)),
  fault('empty', EVERY, { ...answered(200, ''), headers: JSON_TYPE }),
  fault('huge', EVERY, { ...answered(200, '{}'), headers: JSON_TYPE, fill_bytes: 100_000_000 }),
  fault('deep-json', EVERY, { ...answered(200, `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`), headers: JSON_TYPE }),
  fault('prototype-keys', EVERY, {
    ...answered(200, '{"__proto__": {"transfer_status": "applied"}, "constructor": {"prototype": {"id": "x"}}}'),
    headers: JSON_TYPE,
  }),
  fault('wrong-content-type', EVERY, { type: 'lie', headers: { 'content-type': 'text/html' } }),
  ...STATES.map((state) =>
    fault(`state-${state.replace('_', '-')}`, EVERY, { type: 'force', set: { transfer_status: state } }),
  ),
  fault('state-failed', EVERY, {
    type: 'force',
    set: { transfer_status: 'failed', processing_decision: 'wait_for_missing_media' },
  }),
  fault('state-rejected', EVERY, {
    type: 'force',
    set: { transfer_status: 'failed', processing_decision: 'reject_transfer' },
  }),
  fault('false-applied', EVERY, { type: 'lie', set: { transfer_status: 'applied' } }),
  fault('amnesia', EVERY, { type: 'forget', when: 'before' }),
  fault('amnesia-after', EVERY, { type: 'forget', when: 'after' }),
  fault('wrong-stored-bytes', ['media'], { type: 'store-wrong-bytes' }),
  ...REJECTION_CODES.map((code) =>
    fault(`reject-${code.replaceAll('_', '-')}`, ['media'], { type: 'reject', rejection_code: code }),
  ),
];

/** The rule of a named fault: it meets the first of its calls until told otherwise. */
export function namedFault(name: string): FaultRule | undefined {
  const found = HUB_FAULTS.find((one) => one.name === name);
  if (found === undefined) return undefined;
  const [step] = found.steps;
  return step === undefined ? { action: found.action } : { step, action: found.action };
}

function fault(name: string, steps: NamedFault['steps'], action: FaultAction): NamedFault {
  return { name, steps, action };
}

function answered(status: number, body: unknown): FaultAction & { readonly type: 'answer' } {
  return { type: 'answer', when: 'before', status, body };
}
