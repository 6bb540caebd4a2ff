import { createHash } from 'node:crypto';

/** The hub's certificate is of its CA and in date, and its key is none of those that were pinned. */
export class HubCertificateNotPinned extends Error {
  override readonly name = 'HubCertificateNotPinned';
  readonly code = 'HUB_CERTIFICATE_NOT_PINNED';

  constructor() {
    super('The key of the hub’s certificate is not pinned.');
  }
}

/** Of a node's document; `null` or none: any key that the CA vouches for. */
export type Pins = readonly string[] | null | undefined;

/**
 * @param spki the public key as SubjectPublicKeyInfo in DER; `null` where no certificate was shown
 * @throws {HubCertificateNotPinned} where there are pins, and this is none of them
 */
export function requirePinned(spki: Uint8Array | null, pins: Pins): void {
  if (pins == null || pins.length === 0) return;
  if (spki === null || !pins.includes(spkiSha256(spki))) throw new HubCertificateNotPinned();
}

/** What a pin says of a key: SHA-256, in hexadecimal. */
export function spkiSha256(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('hex');
}
