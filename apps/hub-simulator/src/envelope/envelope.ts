import { createHash } from 'node:crypto';
import { isJsonObject } from '../json.js';
import { type TransferJob } from '../transfer/transfer-job.js';

export const ENVELOPE_CONTRACT = 'hub_media_envelope_v1';
export const ENVELOPE_PROFILE = 'x25519-hkdf-sha256-aes256gcm-v1';
/** The header that carries an envelope is no longer than this. */
export const ENVELOPE_HEADER_MAX_BYTES = 4096;

/** How media is sealed for the hub: twenty fields, no more and no fewer; hub contract 7.2. */
export interface Envelope {
  readonly contract_version: string;
  readonly profile: string;
  readonly transfer_key: string;
  readonly source_node_key: string;
  readonly source_center_key: string;
  readonly target_node_key: string;
  readonly resource_kind: string;
  readonly resource_hash: string;
  readonly processed_media_hash: string;
  readonly transfer_mode: string;
  readonly media_role: string;
  readonly plaintext_sha256: string;
  readonly plaintext_size: number;
  readonly recipient_key_id: string;
  readonly ephemeral_public_key: string;
  readonly wrap_salt: string;
  readonly wrap_nonce: string;
  readonly wrapped_data_encryption_key: string;
  readonly payload_nonce: string;
  readonly payload_tag: string;
}

/** Reads an envelope out of its JSON; undefined if one of its fields is not as it must be, or is too many. */
export function readEnvelope(text: string): Envelope | undefined {
  const value = parsed(text);
  if (!isJsonObject(value) || Object.keys(value).length !== Object.keys(FIELDS).length) return undefined;
  const sound = Object.entries(FIELDS).every(([key, isSound]) => isSound(value[key]));
  if (!sound || value['processed_media_hash'] !== value['plaintext_sha256']) return undefined;
  return value as unknown as Envelope;
}

/** What both ciphers authenticate beside their text: the envelope without what they themselves produce. */
export function envelopeAad(envelope: Envelope): Buffer {
  const { wrapped_data_encryption_key: _key, payload_tag: _tag, ...authenticated } = envelope;
  return canonicalBytes(authenticated);
}

/** What makes one sealing different from any other of the same media: hex SHA-256 over all twenty fields. */
export function envelopeFingerprint(envelope: Envelope): string {
  return createHash('sha256')
    .update(canonicalBytes({ ...envelope }))
    .digest('hex');
}

/** Whether an envelope speaks of this job and of the media it waits for; hub contract 7.4. */
export function isEnvelopeOf(envelope: Envelope, job: TransferJob): boolean {
  return (
    envelope.transfer_key === job.transfer_key &&
    envelope.source_node_key === job.source_node_key &&
    envelope.source_center_key === job.source_center_key &&
    envelope.target_node_key === job.target_node_key &&
    envelope.resource_kind === job.resource_kind &&
    envelope.resource_hash === job.resource_hash &&
    envelope.processed_media_hash === job.processed_media_hash &&
    envelope.transfer_mode === job.transfer_mode
  );
}

type Check = (value: unknown) => boolean;

const FIELDS: Readonly<Record<keyof Envelope, Check>> = {
  contract_version: exactly(ENVELOPE_CONTRACT),
  profile: exactly(ENVELOPE_PROFILE),
  transfer_key: key(255),
  source_node_key: key(253),
  source_center_key: key(255),
  target_node_key: key(253),
  resource_kind: (value) => value === 'video' || value === 'report',
  resource_hash: matching(/^\S{1,255}$/),
  processed_media_hash: matching(/^[0-9a-f]{64}$/),
  transfer_mode: exactly('metadata_and_processed_media'),
  media_role: exactly('processed'),
  plaintext_sha256: matching(/^[0-9a-f]{64}$/),
  plaintext_size: (value) => Number.isSafeInteger(value) && (value as number) > 0,
  recipient_key_id: matching(/^[0-9a-f]{64}$/),
  ephemeral_public_key: base64url(32),
  wrap_salt: base64url(16),
  wrap_nonce: base64url(12),
  wrapped_data_encryption_key: base64url(48),
  payload_nonce: base64url(12),
  payload_tag: base64url(16),
};

function exactly(expected: string): Check {
  return (value) => value === expected;
}

function matching(pattern: RegExp): Check {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function key(max: number): Check {
  const pattern = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;
  return (value) => typeof value === 'string' && value.length <= max && pattern.test(value);
}

/** Unpadded, and in the one spelling these bytes have. */
function base64url(bytes: number): Check {
  return (value) => {
    if (typeof value !== 'string') return false;
    const decoded = Buffer.from(value, 'base64url');
    return decoded.length === bytes && decoded.toString('base64url') === value;
  };
}

/** Sorted keys, no blanks, everything beyond printable ASCII escaped; hub contract 7.3. */
function canonicalBytes(fields: Readonly<Record<string, unknown>>): Buffer {
  const members = Object.keys(fields)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(fields[name])}`);
  return Buffer.from(`{${members.join(',')}}`.replace(/[\u007f-\uffff]/g, escaped));
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
