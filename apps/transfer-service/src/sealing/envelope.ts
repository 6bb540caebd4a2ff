import { createHash } from 'node:crypto';
import { type FrozenIntent, TRANSFER_MODE } from '@hub-export/contracts';
import type { Intent } from '@hub-export/transfer-life';

/** What an envelope says of the media in it, before anything is drawn or computed. */
export interface EnvelopeIdentity {
  readonly contract_version: 'hub_media_envelope_v1';
  readonly profile: 'x25519-hkdf-sha256-aes256gcm-v1';
  readonly transfer_key: string;
  readonly source_node_key: string;
  readonly source_center_key: string;
  readonly target_node_key: string;
  readonly resource_kind: string;
  readonly resource_hash: string;
  readonly processed_media_hash: string;
  readonly transfer_mode: string;
  readonly media_role: 'processed';
  readonly plaintext_sha256: string;
  /** Bytes; the ciphertext is as long. */
  readonly plaintext_size: number;
}

/** The fields that both ciphers authenticate beside their text. Bytes are unpadded base64url. */
export interface AuthenticatedFields extends EnvelopeIdentity {
  /** Hex SHA-256 of the raw bytes of the recipient's public key. */
  readonly recipient_key_id: string;
  /** 32 bytes. */
  readonly ephemeral_public_key: string;
  /** 16 bytes. */
  readonly wrap_salt: string;
  /** 12 bytes. */
  readonly wrap_nonce: string;
  /** 12 bytes. */
  readonly payload_nonce: string;
}

/** How media is sealed for a hub: twenty fields, no more and no fewer (hub contract 7.2). */
export interface Envelope extends AuthenticatedFields {
  /** 32 bytes and their tag of 16. */
  readonly wrapped_data_encryption_key: string;
  /** 16 bytes: the ciphertext on the wire is without it. */
  readonly payload_tag: string;
}

/** Sealed media as it is kept until the hub's receipt for it is verified. */
export interface SealedMedia {
  readonly envelope: Envelope;
  /** Of the bytes that are sent. */
  readonly ciphertext_sha256: string;
  readonly ciphertext_size: number;
}

export function identityOf({
  intent,
  frozen,
}: {
  readonly intent: Intent;
  readonly frozen: FrozenIntent;
}): EnvelopeIdentity {
  return {
    contract_version: 'hub_media_envelope_v1',
    profile: 'x25519-hkdf-sha256-aes256gcm-v1',
    transfer_key: intent.transfer_key,
    source_node_key: intent.source_node_key,
    source_center_key: intent.source_center_key,
    target_node_key: intent.target_node_key,
    resource_kind: intent.resource_kind,
    resource_hash: intent.resource_hash,
    processed_media_hash: frozen.media_sha256,
    transfer_mode: TRANSFER_MODE,
    media_role: 'processed',
    plaintext_sha256: frozen.media_sha256,
    plaintext_size: frozen.media_size,
  };
}

/** Whether an envelope speaks of this very transfer and media. */
export function isEnvelopeOf(envelope: Envelope, identity: EnvelopeIdentity): boolean {
  return (Object.keys(identity) as (keyof EnvelopeIdentity)[]).every((field) => envelope[field] === identity[field]);
}

/** The one text of an object of plain values: keys sorted, no blanks, all beyond ASCII escaped (hub contract 7.3). */
export function canonicalText(fields: object): string {
  const members = Object.entries(fields)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${members.join(',')}}`.replace(/[\u007f-\uffff]/g, escaped);
}

/** What both ciphers authenticate: the eighteen fields that are known before either has run. */
export function authenticatedText(fields: AuthenticatedFields): string {
  const {
    wrapped_data_encryption_key: _key,
    payload_tag: _tag,
    ...authenticated
  } = fields as AuthenticatedFields & Partial<Envelope>;
  return canonicalText(authenticated);
}

/** What tells one sealing from any other of the same media: hex SHA-256 over all twenty fields. */
export function fingerprintOf(envelope: Envelope): string {
  return createHash('sha256').update(canonicalText(envelope)).digest('hex');
}

/** Reads what was kept; `null` where it is not exactly a sealed media's description. */
export function parseSealedMedia(text: string): SealedMedia | null {
  const value = parsed(text);
  if (!isRecord(value) || !isRecord(value.envelope)) return null;
  const { envelope, ciphertext_sha256, ciphertext_size } = value;
  const isWhole =
    Object.keys(envelope).length === Object.keys(FIELD_FORMS).length &&
    Object.entries(FIELD_FORMS).every(([field, form]) => form.test(String(envelope[field]))) &&
    Number.isSafeInteger(envelope.plaintext_size);
  if (!isWhole || !DIGEST.test(String(ciphertext_sha256)) || ciphertext_size !== envelope.plaintext_size) return null;
  return value as unknown as SealedMedia;
}

const DIGEST = /^[0-9a-f]{64}$/;
const KEY = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;

/** Unpadded base64url of so many bytes. */
function base64urlOf(bytes: number): RegExp {
  return new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`);
}

const FIELD_FORMS: Readonly<Record<keyof Envelope, RegExp>> = {
  contract_version: /^hub_media_envelope_v1$/,
  profile: /^x25519-hkdf-sha256-aes256gcm-v1$/,
  transfer_key: KEY,
  source_node_key: KEY,
  source_center_key: KEY,
  target_node_key: KEY,
  resource_kind: /^(video|report)$/,
  resource_hash: /^\S{1,255}$/,
  processed_media_hash: DIGEST,
  transfer_mode: /^metadata_and_processed_media$/,
  media_role: /^processed$/,
  plaintext_sha256: DIGEST,
  plaintext_size: /^[1-9][0-9]{0,15}$/,
  recipient_key_id: DIGEST,
  ephemeral_public_key: base64urlOf(32),
  wrap_salt: base64urlOf(16),
  wrap_nonce: base64urlOf(12),
  wrapped_data_encryption_key: base64urlOf(48),
  payload_nonce: base64urlOf(12),
  payload_tag: base64urlOf(16),
};

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
