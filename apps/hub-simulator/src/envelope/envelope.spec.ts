import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOfBytes } from '../testing/sealing.testing.js';
import { envelopeAad, envelopeFingerprint, readEnvelope, type Envelope } from './envelope.js';
import { decrypted, unwrapDataKey, wrappingKey } from './opening.service.js';
import { readRecipientKeys } from './recipient-keys.js';

// The vector of hub contract, appendix B: made elsewhere, so that sealing and opening here cannot be wrong together.
const ENVELOPE: Envelope = {
  contract_version: 'hub_media_envelope_v1',
  profile: 'x25519-hkdf-sha256-aes256gcm-v1',
  transfer_key: 'site-01__report__report-resource-01__processed_v1',
  source_node_key: 'site-01',
  source_center_key: 'center-01',
  target_node_key: 'hub-01',
  resource_kind: 'report',
  resource_hash: 'report-resource-01',
  processed_media_hash: '3cae25958135a331888c27f97399c308657c850e627c15e98beaf858c78e9ee4',
  transfer_mode: 'metadata_and_processed_media',
  media_role: 'processed',
  plaintext_sha256: '3cae25958135a331888c27f97399c308657c850e627c15e98beaf858c78e9ee4',
  plaintext_size: 43,
  recipient_key_id: 'd19bf3f082782c87b783fe7134698aeff6e66d9f86afaf7cf9e9b8bf40bab3ff',
  ephemeral_public_key: 'D6poTtKIZ7l_Smot7l34zpdOdrcBjj8iocTPJnhXDyA',
  wrap_salt: 'AAECAwQFBgcICQoLDA0ODw',
  wrap_nonce: 'ZGVmZ2hpamtsbW5v',
  payload_nonce: 'yMnKy8zNzs_Q0dLT',
  wrapped_data_encryption_key: 'P_y6wKsf3ApFwE5I2De_cBXBejDWZ7im4NuouF3VdPBbC6u6U9Ch2hdPU0JGEFJ9',
  payload_tag: '-ruQZH_0C7pXxdezpR7BFg',
};
const CIPHERTEXT = Buffer.from(
  '13cee60fb03452a5c74f6a6f33d8edd7a62d1cdd22754638fdee6cd6ca2d911d93d253f9cc0cbab9d81879',
  'hex',
);
const RECIPIENT = keyOfBytes(0x11);
const PEM = RECIPIENT.export({ format: 'pem', type: 'pkcs8' }).toString();

describe('the media envelope', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'envelope-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function opened(ciphertext: Buffer, envelope: Envelope = ENVELOPE): Promise<string> {
    const path = join(folder, 'ciphertext');
    await writeFile(path, ciphertext);
    const chunks: Buffer[] = [];
    const dataKey = unwrapDataKey(envelope, readRecipientKeys([PEM]));
    for await (const chunk of decrypted(path, envelope, dataKey)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  it('has the authenticated data and the fingerprint of the vector', () => {
    const aad = envelopeAad(ENVELOPE);
    expect(aad.length).toBe(831);
    expect(createHash('sha256').update(aad).digest('hex')).toBe(
      '5d2986c8d22ee73fc879fa6ffb03272089fa11d779a9f89b7a434221c6c34b31',
    );
    expect(envelopeFingerprint(ENVELOPE)).toBe('1d1a9c3f1ccd82fac7484f1eba94fb5d91761de4232754bc58cc4989615ead8e');
  });

  it('agrees on the wrapping key of the vector', () => {
    expect(wrappingKey(ENVELOPE, RECIPIENT).toString('hex')).toBe(
      'bebf8752bd9b3a87053b7b098cfeaff0a0a3471d35fd6cca9a8fe8c4dcb2863a',
    );
  });

  it('names the recipient of the vector', () => {
    expect([...readRecipientKeys([PEM]).keys()]).toEqual([ENVELOPE.recipient_key_id]);
  });

  it('opens to the plaintext of the vector', async () => {
    expect(await opened(CIPHERTEXT)).toBe('%PDF-1.4\nanonymized processed report\n%%EOF\n');
  });

  it('does not open when one bit of the ciphertext is flipped', async () => {
    const flipped = Buffer.from(CIPHERTEXT);
    flipped.writeUInt8(flipped.readUInt8(7) ^ 1, 7);
    await expect(opened(flipped)).rejects.toMatchObject({
      answer: {
        body: { rejection_code: 'envelope_payload_authentication_failed', rejection_phase: 'payload_authentication' },
      },
    });
  });

  it.each(['transfer_key', 'plaintext_size', 'wrap_salt', 'payload_nonce'] as const)(
    'does not open when %s was changed after sealing',
    async (field) => {
      const other = {
        transfer_key: 'another',
        plaintext_size: 44,
        wrap_salt: 'A'.repeat(22),
        payload_nonce: 'A'.repeat(16),
      };
      await expect(opened(CIPHERTEXT, { ...ENVELOPE, [field]: other[field] })).rejects.toMatchObject({
        answer: { body: { rejection_code: 'recipient_key_authentication_failed' } },
      });
    },
  );

  it('escapes what is beyond printable ASCII, as the canonical form asks', () => {
    const aad = envelopeAad({ ...ENVELOPE, resource_hash: 'ä\u007f' }).toString();
    expect(aad).toContain('"resource_hash":"\\u00e4\\u007f"');
  });

  it('is read whatever the order of its fields', () => {
    const reversed = Object.fromEntries(Object.entries(ENVELOPE).reverse());
    expect(readEnvelope(JSON.stringify(reversed))).toEqual(ENVELOPE);
  });

  it.each([
    ['no JSON', 'envelope'],
    ['a field too many', JSON.stringify({ ...ENVELOPE, extra: 1 })],
    ['a field too few', JSON.stringify({ ...ENVELOPE, payload_tag: undefined })],
    ['a key with a blank', JSON.stringify({ ...ENVELOPE, transfer_key: 'a b' })],
    ['a node key of 254', JSON.stringify({ ...ENVELOPE, source_node_key: 'a'.repeat(254) })],
    ['a hash with a blank', JSON.stringify({ ...ENVELOPE, resource_hash: 'a b' })],
    ['two hashes that differ', JSON.stringify({ ...ENVELOPE, plaintext_sha256: 'a'.repeat(64) })],
    ['a size as text', JSON.stringify({ ...ENVELOPE, plaintext_size: '43' })],
    ['no size', JSON.stringify({ ...ENVELOPE, plaintext_size: 0 })],
    ['a nonce with padding', JSON.stringify({ ...ENVELOPE, wrap_salt: `${ENVELOPE.wrap_salt}==` })],
    [
      'a tag in another spelling of the same bytes',
      JSON.stringify({ ...ENVELOPE, payload_tag: '-ruQZH_0C7pXxdezpR7BFh' }),
    ],
    ['a nonce too short', JSON.stringify({ ...ENVELOPE, wrap_nonce: 'AAAA' })],
    ['another mode', JSON.stringify({ ...ENVELOPE, transfer_mode: 'metadata_only' })],
  ])('is refused with %s', (_what, text) => {
    expect(readEnvelope(text)).toBeUndefined();
  });

  it('needs keys of its own kind, each named once', () => {
    expect(() => readRecipientKeys([PEM, PEM])).toThrow('twice');
    expect(() => readRecipientKeys(['no key'])).toThrow();
  });
});
