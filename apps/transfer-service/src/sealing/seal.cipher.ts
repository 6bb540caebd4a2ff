import {
  type CipherGCM,
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { authenticatedText, type AuthenticatedFields, type Envelope, type EnvelopeIdentity } from './envelope.js';

const WRAP_INFO = 'lx-hub-media-envelope-wrap-v1';
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Everything of a seal that is drawn by lot; never used twice. */
export interface SealRandoms {
  readonly ephemeralPrivateKey: KeyObject;
  /** 32 bytes; overwritten when the seal is closed. */
  readonly dataKey: Buffer;
  /** 16 bytes. */
  readonly wrapSalt: Buffer;
  /** 12 bytes. */
  readonly wrapNonce: Buffer;
  /** 12 bytes. */
  readonly payloadNonce: Buffer;
}

export function freshRandoms(): SealRandoms {
  return {
    ephemeralPrivateKey: generateKeyPairSync('x25519').privateKey,
    dataKey: randomBytes(KEY_BYTES),
    wrapSalt: randomBytes(16),
    wrapNonce: randomBytes(12),
    payloadNonce: randomBytes(12),
  };
}

/** Seals one medium for one recipient, piece by piece (hub contract 7.1). The data key leaves it only wrapped. */
export class Seal {
  private readonly fields: AuthenticatedFields;
  private readonly wrappedKey: Buffer;
  private readonly cipher: CipherGCM;

  constructor(identity: EnvelopeIdentity, recipient: KeyObject, randoms: SealRandoms = freshRandoms()) {
    const { ephemeralPrivateKey, dataKey, wrapSalt, wrapNonce, payloadNonce } = randoms;
    this.fields = {
      ...identity,
      recipient_key_id: recipientKeyId(recipient),
      ephemeral_public_key: rawPublicKey(createPublicKey(ephemeralPrivateKey)).toString('base64url'),
      wrap_salt: wrapSalt.toString('base64url'),
      wrap_nonce: wrapNonce.toString('base64url'),
      payload_nonce: payloadNonce.toString('base64url'),
    };
    const authenticated = Buffer.from(authenticatedText(this.fields));
    const shared = diffieHellman({ privateKey: ephemeralPrivateKey, publicKey: recipient });
    const wrappingKey = Buffer.from(hkdfSync('sha256', shared, wrapSalt, WRAP_INFO, KEY_BYTES));
    const wrapping = gcm(wrappingKey, wrapNonce, authenticated);
    this.wrappedKey = Buffer.concat([wrapping.update(dataKey), wrapping.final(), wrapping.getAuthTag()]);
    this.cipher = gcm(dataKey, payloadNonce, authenticated);
    for (const secret of [shared, wrappingKey, dataKey]) secret.fill(0);
  }

  /** The ciphertext of the next piece, as long as the piece. */
  update(piece: Uint8Array): Buffer {
    return this.cipher.update(piece);
  }

  /** The envelope, when the last piece has gone through. */
  close(): Envelope {
    this.cipher.final();
    return {
      ...this.fields,
      wrapped_data_encryption_key: this.wrappedKey.toString('base64url'),
      payload_tag: this.cipher.getAuthTag().toString('base64url'),
    };
  }
}

/** Hex SHA-256 of the 32 raw bytes of a recipient's public key. */
export function recipientKeyId(publicKey: KeyObject): string {
  return createHash('sha256').update(rawPublicKey(publicKey)).digest('hex');
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function gcm(key: Buffer, nonce: Buffer, authenticated: Buffer): CipherGCM {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  return cipher.setAAD(authenticated);
}
