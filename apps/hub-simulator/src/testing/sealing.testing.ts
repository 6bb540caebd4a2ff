import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { envelopeAad, type Envelope } from '../envelope/envelope.js';
import { recipientKeyId } from '../envelope/recipient-keys.js';
import { sha256 } from './payloads.testing.js';

/** A recipient of envelopes: the hub keeps the private half. */
export function testRecipient(): { readonly pem: string; readonly publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), publicKey };
}

/** An X25519 private key of 32 equal bytes, as the test vector names them. */
export function keyOfBytes(byte: number): KeyObject {
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), Buffer.alloc(32, byte)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

export interface Sealed {
  readonly envelope: Envelope;
  readonly ciphertext: Buffer;
}

/** Seals media as a sender does; `change` alters what the envelope says before it is authenticated. */
export function seal(
  payload: Readonly<Record<'transfer_key' | 'resource_kind' | 'resource_hash', string>>,
  media: Buffer,
  recipient: KeyObject,
  change: Partial<Envelope> = {},
): Sealed {
  const ephemeral = generateKeyPairSync('x25519');
  const [dataKey, salt, wrapNonce, payloadNonce] = [32, 16, 12, 12].map((size) => randomBytes(size)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const open: Envelope = {
    contract_version: 'hub_media_envelope_v1',
    profile: 'x25519-hkdf-sha256-aes256gcm-v1',
    transfer_key: payload.transfer_key,
    source_node_key: 'site-01',
    source_center_key: 'center-a',
    target_node_key: 'hub-01',
    resource_kind: payload.resource_kind,
    resource_hash: payload.resource_hash,
    processed_media_hash: sha256(media),
    transfer_mode: 'metadata_and_processed_media',
    media_role: 'processed',
    plaintext_sha256: sha256(media),
    plaintext_size: media.length,
    recipient_key_id: recipientKeyId(recipient),
    ephemeral_public_key: createPublicKey(ephemeral.privateKey).export({ format: 'jwk' }).x ?? '',
    wrap_salt: salt.toString('base64url'),
    wrap_nonce: wrapNonce.toString('base64url'),
    payload_nonce: payloadNonce.toString('base64url'),
    wrapped_data_encryption_key: '',
    payload_tag: '',
    ...change,
  };
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient });
  const wrapping = Buffer.from(hkdfSync('sha256', shared, salt, 'lx-hub-media-envelope-wrap-v1', 32));
  const wrapped = encrypt(wrapping, wrapNonce, dataKey, envelopeAad(open));
  const body = encrypt(dataKey, payloadNonce, media, envelopeAad(open));
  return {
    envelope: {
      ...open,
      wrapped_data_encryption_key: Buffer.concat([wrapped.text, wrapped.tag]).toString('base64url'),
      payload_tag: body.tag.toString('base64url'),
    },
    ciphertext: body.text,
  };
}

function encrypt(
  key: Buffer,
  nonce: Buffer,
  text: Buffer,
  aad: Buffer,
): { readonly text: Buffer; readonly tag: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(aad);
  return { text: Buffer.concat([cipher.update(text), cipher.final()]), tag: cipher.getAuthTag() };
}
