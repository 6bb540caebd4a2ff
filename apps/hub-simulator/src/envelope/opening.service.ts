import { createDecipheriv, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { envelopeAad, type Envelope } from './envelope.js';
import { type RecipientKeys } from './recipient-keys.js';
import { rejectEnvelope } from './rejection.js';

const WRAP_INFO = 'lx-hub-media-envelope-wrap-v1';
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Unwraps the key that media was encrypted with; hub contract 7.1. Throws a HubRefusal. */
export function unwrapDataKey(envelope: Envelope, keys: RecipientKeys): Buffer {
  if (keys.size === 0) throw rejectEnvelope('recipient_key_configuration_invalid');
  const recipient = keys.get(envelope.recipient_key_id);
  if (recipient === undefined) throw rejectEnvelope('recipient_key_unavailable');
  const wrapped = bytes(envelope.wrapped_data_encryption_key);
  try {
    const decipher = createDecipheriv('aes-256-gcm', wrappingKey(envelope, recipient), bytes(envelope.wrap_nonce));
    decipher.setAAD(envelopeAad(envelope));
    decipher.setAuthTag(wrapped.subarray(KEY_BYTES));
    return Buffer.concat([decipher.update(wrapped.subarray(0, KEY_BYTES)), decipher.final()]);
  } catch {
    throw rejectEnvelope('recipient_key_authentication_failed');
  }
}

/** The key that wraps the data key, agreed between the ephemeral key and the recipient's. */
export function wrappingKey(envelope: Envelope, recipient: KeyObject): Buffer {
  const ephemeral = createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: envelope.ephemeral_public_key },
    format: 'jwk',
  });
  const shared = diffieHellman({ privateKey: recipient, publicKey: ephemeral });
  return Buffer.from(hkdfSync('sha256', shared, bytes(envelope.wrap_salt), WRAP_INFO, KEY_BYTES));
}

/** The media in a ciphertext, in constant memory. It may be trusted only when the last byte has come without error. */
export async function* decrypted(path: string, envelope: Envelope, dataKey: Buffer): AsyncGenerator<Buffer> {
  const decipher = createDecipheriv('aes-256-gcm', dataKey, bytes(envelope.payload_nonce), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(envelopeAad(envelope));
  decipher.setAuthTag(bytes(envelope.payload_tag));
  for await (const chunk of createReadStream(path)) yield decipher.update(chunk as Buffer);
  try {
    decipher.final();
  } catch {
    throw rejectEnvelope('envelope_payload_authentication_failed');
  }
}

function bytes(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}
