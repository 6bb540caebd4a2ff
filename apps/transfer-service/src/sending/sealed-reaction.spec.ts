import type { HubProfile } from '@hub-export/contracts';
import { fingerprintOf, identityOf, type SealedMedia } from '../sealing/envelope.js';
import { frozenFor, HUB_TRANSFER_ID, hubDocument, intentOf } from '../testing/transfers.testing.js';
import type { HubAnswer, HubCall } from './hub-answer.js';
import { reactionTo, type Situation } from './reaction.js';
import { acknowledgementOf, verifyStatusDocument } from './status-document.js';

const CALLS: readonly HubCall[] = ['create', 'media', 'status'];
const PROFILES: readonly HubProfile[] = ['endoreg-3.0-envelope', 'endoreg-3.0-envelope-raw-hash'];

describe.each(PROFILES)('what follows from an answer of a hub with the profile %s', (profile) => {
  const transfer = { intent: intentOf(), frozen: frozenFor(profile) };
  const sealed: SealedMedia = {
    envelope: {
      ...identityOf(transfer),
      recipient_key_id: 'e'.repeat(64),
      ephemeral_public_key: 'A'.repeat(43),
      wrap_salt: 'A'.repeat(22),
      wrap_nonce: 'A'.repeat(16),
      wrapped_data_encryption_key: 'A'.repeat(64),
      payload_nonce: 'A'.repeat(16),
      payload_tag: 'A'.repeat(22),
    },
    ciphertext_sha256: 'f'.repeat(64),
    ciphertext_size: 4096,
  };
  const after: Situation = { ...transfer, hubTransferId: HUB_TRANSFER_ID, uploadBegun: true, sealed };
  const before: Situation = { ...after, uploadBegun: false };
  const receipt = receiptOf(sealed);
  const says = (transfer_status: string, more: Record<string, unknown> = {}) =>
    answered(200, { ...hubDocument(profile, transfer_status), ...more });

  it('applied with the receipt for what was sealed completes, by whatever call and without another upload', () => {
    for (const call of CALLS) {
      for (const situation of [before, after]) {
        const reaction = reactionTo(call, says('applied', { envelope_receipt: receipt }), situation);
        expect(reaction).toMatchObject({
          do: 'complete',
          receipt: {
            ciphertext_sha256: sealed.ciphertext_sha256,
            ciphertext_size: 4096,
            envelope_fingerprint_sha256: fingerprintOf(sealed.envelope),
            recipient_key_id: sealed.envelope.recipient_key_id,
          },
        });
      }
    }
  });

  it('applied without a receipt is no proof, also after an upload', () => {
    for (const call of CALLS) {
      for (const envelope_receipt of [undefined, null]) {
        expect(reactionTo(call, says('applied', { envelope_receipt }), after)).toMatchObject(failed('receipt_missing'));
      }
    }
  });

  it.each(Object.keys(receipt))('a receipt with another %s completes nothing', (field) => {
    const envelope_receipt = { ...receipt, [field]: 'another' };
    for (const call of CALLS) {
      expect(reactionTo(call, says('applied', { envelope_receipt }), after)).toMatchObject(failed('receipt_mismatch'));
    }
  });

  it('a receipt cannot be verified without what was sent', () => {
    for (const call of CALLS) {
      const reaction = reactionTo(call, says('applied', { envelope_receipt: receipt }), { ...after, sealed: null });
      expect(reaction).toMatchObject(failed('receipt_unverifiable'));
    }
  });

  it.each([
    ['envelope_metadata_invalid', true],
    ['envelope_identity_mismatch', true],
    ['ciphertext_size_mismatch', undefined],
    ['recipient_key_configuration_invalid', undefined],
    ['recipient_key_unavailable', true],
    ['recipient_key_authentication_failed', true],
    ['envelope_payload_authentication_failed', undefined],
    ['envelope_plaintext_integrity_mismatch', true],
    ['envelope_stream_incomplete', undefined],
    ['replay_conflict', undefined],
  ] as const)('%s is told as it is, and the sealed media given up: %s', (rejection_code, unseal) => {
    const reaction = reactionTo('media', answered(400, { detail: 'x', rejection_code }), after);
    expect(reaction).toMatchObject({ do: 'fail', failure_class: 'configuration', code: rejection_code });
    expect('unseal' in reaction ? reaction.unseal : undefined).toBe(unseal);
  });

  it('a rejection code that the contract does not name is not taken over', () => {
    for (const rejection_code of ['Frau Müller', 'toString', '__proto__', 7, null, undefined]) {
      const reaction = reactionTo('media', answered(400, { rejection_code }), after);
      expect(reaction).toMatchObject({ do: 'fail', failure_class: 'configuration', code: 'hub_refused_media' });
    }
  });

  it('a refusal by something before the hub gives nothing up', () => {
    const reaction = reactionTo('media', answered(400, null), after);
    expect(reaction).toMatchObject({ do: 'fail', code: 'proxy_refused_request' });
    expect(reaction).not.toHaveProperty('unseal');
  });

  it.each([
    ['staged_envelope_lost', 'integrity'],
    ['staging_unavailable', 'transient'],
    ['staging_not_private', 'configuration'],
    ['recipient_key_unreadable', 'configuration'],
  ] as const)('%s is a failure of class %s', (code, failure_class) => {
    expect(reactionTo('media', { kind: 'not_sent', code }, after)).toMatchObject({ do: 'fail', failure_class, code });
  });

  it('the receipt is part of the acknowledgement that is kept, cut down to what was compared', () => {
    const answer = { ...hubDocument(profile), envelope_receipt: { ...receipt, note: 'free text' } };
    const verified = verifyStatusDocument(answer, after);
    if (!verified.ok) throw new Error(verified.code);
    const facts = { ciphertext_sha256: 'f'.repeat(64), ciphertext_size: 4096 };
    const kept = acknowledgementOf(verified.document, after, {
      ...facts,
      envelope_fingerprint_sha256: fingerprintOf(sealed.envelope),
      recipient_key_id: 'e'.repeat(64),
    });
    expect(kept.receipt).toMatchObject(facts);
    expect(JSON.stringify(kept)).not.toContain('free text');
  });
});

function answered(status: number, document: Record<string, unknown> | null): HubAnswer {
  return { kind: 'answered', status, document, retryAfterMs: null };
}

function failed(code: string) {
  return { do: 'fail', failure_class: 'integrity', code };
}

function receiptOf({ envelope, ciphertext_sha256, ciphertext_size }: SealedMedia): Record<string, unknown> {
  const { contract_version, ...identity } = identityOf({ intent: intentOf(), frozen: frozenFor() });
  return {
    ...identity,
    contract_version: 'hub_media_envelope_receipt_v1',
    envelope_contract_version: contract_version,
    recipient_key_id: envelope.recipient_key_id,
    ciphertext_sha256,
    ciphertext_size,
    envelope_fingerprint_sha256: fingerprintOf(envelope),
    receiver_transfer_id: HUB_TRANSFER_ID,
    transfer_status: 'applied',
    processing_decision: 'skip_processing_preserved_state',
    verified: true,
  };
}
