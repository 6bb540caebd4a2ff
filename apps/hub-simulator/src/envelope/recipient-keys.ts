import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** The hub's X25519 private keys by their id; the first is the current one, the others are retiring. */
export type RecipientKeys = ReadonlyMap<string, KeyObject>;

/** Reads keys out of PEM texts (PKCS#8, unencrypted); throws an error if one is no X25519 key or comes twice. */
export function readRecipientKeys(pems: readonly string[]): RecipientKeys {
  const keys = new Map<string, KeyObject>();
  for (const pem of pems) {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'x25519') throw new Error('A recipient key must be an X25519 key.');
    const id = recipientKeyId(createPublicKey(key));
    if (keys.has(id)) throw new Error('A recipient key is named twice.');
    keys.set(id, key);
  }
  return keys;
}

/** The id of a recipient: hex SHA-256 of the 32 raw bytes of its public key. */
export function recipientKeyId(publicKey: KeyObject): string {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return createHash('sha256').update(raw).digest('hex');
}
