import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import {
  authenticatedText,
  canonicalText,
  type Envelope,
  type EnvelopeIdentity,
  fingerprintOf,
  isEnvelopeOf,
  parseSealedMedia,
  type SealedMedia,
} from './envelope.js';
import { Seal } from './seal.cipher.js';

// Real: the ciphers of Node. The figures are those of the hub contract's test vector.
const PLAINTEXT = Buffer.from('%PDF-1.4\nanonymized processed report\n%%EOF\n');
const CIPHERTEXT = '13cee60fb03452a5c74f6a6f33d8edd7a62d1cdd22754638fdee6cd6ca2d911d93d253f9cc0cbab9d81879';
const PLAINTEXT_SHA256 = '3cae25958135a331888c27f97399c308657c850e627c15e98beaf858c78e9ee4';
const CIPHERTEXT_SHA256 = 'c750665a4f252d7d8928c098eef6767bf701ba33c9727ed3f931858edc9ac00a';

const IDENTITY: EnvelopeIdentity = {
  contract_version: 'hub_media_envelope_v1',
  profile: 'x25519-hkdf-sha256-aes256gcm-v1',
  transfer_key: 'site-01__report__report-resource-01__processed_v1',
  source_node_key: 'site-01',
  source_center_key: 'center-01',
  target_node_key: 'hub-01',
  resource_kind: 'report',
  resource_hash: 'report-resource-01',
  processed_media_hash: PLAINTEXT_SHA256,
  transfer_mode: 'metadata_and_processed_media',
  media_role: 'processed',
  plaintext_sha256: PLAINTEXT_SHA256,
  plaintext_size: 43,
};

const ENVELOPE: Envelope = {
  ...IDENTITY,
  recipient_key_id: 'd19bf3f082782c87b783fe7134698aeff6e66d9f86afaf7cf9e9b8bf40bab3ff',
  ephemeral_public_key: 'D6poTtKIZ7l_Smot7l34zpdOdrcBjj8iocTPJnhXDyA',
  wrap_salt: 'AAECAwQFBgcICQoLDA0ODw',
  wrap_nonce: 'ZGVmZ2hpamtsbW5v',
  payload_nonce: 'yMnKy8zNzs_Q0dLT',
  wrapped_data_encryption_key: 'P_y6wKsf3ApFwE5I2De_cBXBejDWZ7im4NuouF3VdPBbC6u6U9Ch2hdPU0JGEFJ9',
  payload_tag: '-ruQZH_0C7pXxdezpR7BFg',
};

describe('the envelope', () => {
  it('is that of the test vector, from the same keys and lots', () => {
    const { seal, ciphertext } = sealedVector([PLAINTEXT]);
    expect(ciphertext.toString('hex')).toBe(CIPHERTEXT);
    expect(seal.close()).toEqual(ENVELOPE);
  });

  it('does not depend on how the media is cut into pieces', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: PLAINTEXT.length }), (at) => {
        const { seal, ciphertext } = sealedVector([PLAINTEXT.subarray(0, at), PLAINTEXT.subarray(at)]);
        expect(ciphertext.toString('hex')).toBe(CIPHERTEXT);
        expect(seal.close().payload_tag).toBe(ENVELOPE.payload_tag);
      }),
    );
  });

  it('draws every key, salt and nonce anew for each seal', () => {
    const recipient = createPublicKey(keyOf(0x11));
    const seals = Array.from({ length: 50 }, () => new Seal(IDENTITY, recipient).close());
    for (const field of ['ephemeral_public_key', 'wrap_salt', 'wrap_nonce', 'payload_nonce'] as const) {
      expect(new Set(seals.map((envelope) => envelope[field])).size).toBe(seals.length);
    }
  });

  it('authenticates eighteen fields in their canonical bytes', () => {
    const text = authenticatedText(ENVELOPE);
    expect(Object.keys(JSON.parse(text) as object)).toHaveLength(18);
    expect(Buffer.byteLength(text)).toBe(831);
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '5d2986c8d22ee73fc879fa6ffb03272089fa11d779a9f89b7a434221c6c34b31',
    );
  });

  it('has the fingerprint of the vector, and fits into the header of 967 bytes', () => {
    expect(fingerprintOf(ENVELOPE)).toBe('1d1a9c3f1ccd82fac7484f1eba94fb5d91761de4232754bc58cc4989615ead8e');
    expect(Buffer.byteLength(canonicalText(ENVELOPE))).toBe(967);
  });

  it('escapes everything beyond printable ASCII, whatever the order of the fields', () => {
    expect(canonicalText({ b: 'ä\u007f😀"\n', a: 1 })).toBe('{"a":1,"b":"\\u00e4\\u007f\\ud83d\\ude00\\"\\n"}');
  });

  it.each(Object.keys(IDENTITY))('of another %s is not the envelope of a transfer', (field) => {
    expect(isEnvelopeOf(ENVELOPE, IDENTITY)).toBe(true);
    expect(isEnvelopeOf({ ...ENVELOPE, [field]: 'another' }, IDENTITY)).toBe(false);
  });
});

describe('the description of sealed media', () => {
  const sealed: SealedMedia = { envelope: ENVELOPE, ciphertext_sha256: CIPHERTEXT_SHA256, ciphertext_size: 43 };

  it('is read as it was written', () => {
    expect(parseSealedMedia(JSON.stringify(sealed))).toEqual(sealed);
  });

  it.each([
    ['torn', JSON.stringify(sealed).slice(0, -2)],
    ['empty', ''],
    ['a list', '[]'],
    ['without a digest', JSON.stringify({ ...sealed, ciphertext_sha256: undefined })],
    ['of another size', JSON.stringify({ ...sealed, ciphertext_size: 44 })],
    ['with a field too many', JSON.stringify({ ...sealed, envelope: { ...ENVELOPE, extra: 1 } })],
    ['with a size that is a text', JSON.stringify({ ...sealed, envelope: { ...ENVELOPE, plaintext_size: '43' } })],
  ])('is not believed when %s', (_what, text) => {
    expect(parseSealedMedia(text)).toBeNull();
  });

  it.each(Object.keys(ENVELOPE))('is not believed without %s', (field) => {
    const { [field as keyof Envelope]: _left, ...envelope } = ENVELOPE;
    expect(parseSealedMedia(JSON.stringify({ ...sealed, envelope }))).toBeNull();
  });
});

function sealedVector(pieces: readonly Uint8Array[]) {
  const seal = new Seal(IDENTITY, createPublicKey(keyOf(0x11)), {
    ephemeralPrivateKey: keyOf(0x22),
    dataKey: Buffer.alloc(32, 0x33),
    wrapSalt: countingFrom(0, 16),
    wrapNonce: countingFrom(100, 12),
    payloadNonce: countingFrom(200, 12),
  });
  return { seal, ciphertext: Buffer.concat(pieces.map((piece) => seal.update(piece))) };
}

function countingFrom(first: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => first + index));
}

/** An X25519 private key of 32 equal bytes. */
function keyOf(byte: number): KeyObject {
  const prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
  return createPrivateKey({ key: Buffer.concat([prefix, Buffer.alloc(32, byte)]), format: 'der', type: 'pkcs8' });
}
