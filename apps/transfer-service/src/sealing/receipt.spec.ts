import { fingerprintOf, type SealedMedia } from './envelope.js';
import { verifyReceipt } from './receipt.js';

const DIGEST = 'a'.repeat(64);
const SEALED: SealedMedia = {
  envelope: {
    contract_version: 'hub_media_envelope_v1',
    profile: 'x25519-hkdf-sha256-aes256gcm-v1',
    transfer_key: `site-a__report__${DIGEST}__processed_v1`,
    source_node_key: 'site-a',
    source_center_key: 'center-a',
    target_node_key: 'hub',
    resource_kind: 'report',
    resource_hash: DIGEST,
    processed_media_hash: 'b'.repeat(64),
    transfer_mode: 'metadata_and_processed_media',
    media_role: 'processed',
    plaintext_sha256: 'b'.repeat(64),
    plaintext_size: 43,
    recipient_key_id: 'c'.repeat(64),
    ephemeral_public_key: 'A'.repeat(43),
    wrap_salt: 'A'.repeat(22),
    wrap_nonce: 'A'.repeat(16),
    wrapped_data_encryption_key: 'A'.repeat(64),
    payload_nonce: 'A'.repeat(16),
    payload_tag: 'A'.repeat(22),
  },
  ciphertext_sha256: 'd'.repeat(64),
  ciphertext_size: 43,
};
const CONTEXT = { hub_transfer_id: 'hub-1', processing_decision: 'skip_processing_preserved_state' };

/** As the hub contract spells it out (7.5), not as our own code builds it. */
const RECEIPT: Readonly<Record<string, unknown>> = {
  contract_version: 'hub_media_envelope_receipt_v1',
  envelope_contract_version: 'hub_media_envelope_v1',
  profile: 'x25519-hkdf-sha256-aes256gcm-v1',
  transfer_key: `site-a__report__${DIGEST}__processed_v1`,
  source_node_key: 'site-a',
  source_center_key: 'center-a',
  target_node_key: 'hub',
  resource_kind: 'report',
  resource_hash: DIGEST,
  processed_media_hash: 'b'.repeat(64),
  transfer_mode: 'metadata_and_processed_media',
  media_role: 'processed',
  plaintext_sha256: 'b'.repeat(64),
  plaintext_size: 43,
  recipient_key_id: 'c'.repeat(64),
  ciphertext_sha256: 'd'.repeat(64),
  ciphertext_size: 43,
  envelope_fingerprint_sha256: fingerprintOf(SEALED.envelope),
  receiver_transfer_id: 'hub-1',
  transfer_status: 'applied',
  processing_decision: 'skip_processing_preserved_state',
  verified: true,
};

describe('a receipt', () => {
  it('that says of all twenty-two fields what was sealed is the proof that is kept', () => {
    expect(Object.keys(RECEIPT)).toHaveLength(22);
    expect(verifyReceipt(RECEIPT, SEALED, CONTEXT)).toEqual({
      ok: true,
      receipt: {
        ciphertext_sha256: 'd'.repeat(64),
        ciphertext_size: 43,
        envelope_fingerprint_sha256: fingerprintOf(SEALED.envelope),
        recipient_key_id: 'c'.repeat(64),
      },
    });
  });

  it.each(Object.keys(RECEIPT))('that says something else of %s proves nothing', (field) => {
    for (const value of ['another', '43', 44, 'true', false, null]) {
      if (value === RECEIPT[field]) continue;
      expect(verifyReceipt({ ...RECEIPT, [field]: value }, SEALED, CONTEXT)).toEqual({ ok: false, fields: [field] });
    }
  });

  it.each(Object.keys(RECEIPT))('without %s proves nothing', (field) => {
    const { [field]: _left, ...rest } = RECEIPT;
    expect(verifyReceipt(rest, SEALED, CONTEXT)).toEqual({ ok: false, fields: [field] });
  });

  it('that says more than the contract knows proves nothing', () => {
    expect(verifyReceipt({ ...RECEIPT, extra: 1 }, SEALED, CONTEXT)).toEqual({ ok: false, fields: ['extra'] });
  });

  it.each([[null], [[]], ['x'], [undefined]])('that is %j proves nothing', (receipt) => {
    expect(verifyReceipt(receipt, SEALED, CONTEXT)).toMatchObject({ ok: false });
  });

  it('of another transfer or decision than the document around it proves nothing', () => {
    expect(verifyReceipt(RECEIPT, SEALED, { ...CONTEXT, hub_transfer_id: 'hub-2' })).toMatchObject({ ok: false });
    expect(verifyReceipt(RECEIPT, SEALED, { ...CONTEXT, processing_decision: 'x' })).toMatchObject({ ok: false });
  });
});
