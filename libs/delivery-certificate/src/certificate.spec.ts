import { documentDigest, type JsonObject, userActor } from '@hub-export/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { certificateOf, certificateText, type DeliveryCertificate } from './certificate.js';
import { CertificateFault } from './certificate-fault.js';
import { certificatePage } from './certificate-page.js';
import { evidenceOf, provenLog, story } from './certificate.testing.js';
import { LANGUAGES, WORDS } from './page-words.js';
import { verifyCertificate } from './certificate.verifier.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const evidence = evidenceOf(provenLog(story(), privateKey));
const certificate = certificateOf(evidence);
const bytes = bytesOf(certificateText(certificate));

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function faultOf(given: Uint8Array, keys = [publicKey]): string {
  try {
    verifyCertificate(given, keys);
  } catch (error) {
    if (error instanceof CertificateFault) return error.code;
    throw error;
  }
  return 'accepted';
}

/** Somebody changes it and takes care that its form is right. */
function forged(change: (certificate: Record<string, never>) => void): Uint8Array {
  const copy = JSON.parse(certificateText(certificate)) as Record<string, never>;
  change(copy);
  return bytesOf(certificateText(copy as unknown as DeliveryCertificate));
}

describe('a certificate', () => {
  it('is accepted with the key of the log, and states what its entries say', () => {
    const { certificate: verified, checkpoint } = verifyCertificate(bytes, [stranger.publicKey, publicKey]);
    expect(certificateText(verified)).toBe(certificateText(certificate));
    expect(checkpoint).toMatchObject({ origin: 'hub-export/site-a', size: 12 });
    expect(verified).toMatchObject({
      transfer: { source_center_key: 'center-a', target_node_key: 'hub' },
      marks: [{ action: 'marked', by: { subject: 'alice', name: 'Alice' }, entry: 3 }],
      local_cleanup_policy: 'retain_processed_media',
      queued: { reason: 'retry_policy', media_sha256: 'd'.repeat(64), entry: 7 },
      eligibility: {
        verdicts: [
          { stage: 'registration', eligible: true, entry: 8 },
          { stage: 'upload', eligible: true, entry: 10 },
        ],
        resource: { anonymization_state: 'VALIDATED', entry: 2 },
      },
      attempts: 2,
      failures: [{ code: 'http_503', entry: 6 }],
      delivery: { attempt: 2, acknowledgement: { transfer_status: 'applied' }, entry: 11 },
    });
  });

  it('is refused once any of its bytes is another', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const changed = Uint8Array.from(bytes);
        changed[place] = (changed[place] ?? 0) ^ change;
        expect(faultOf(changed)).not.toBe('accepted');
      }),
      { numRuns: 300 },
    );
  });

  it('is refused wherever it is cut off, and with anything behind it', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(faultOf(bytes.slice(0, length))).toMatch(/^not_json$|^not_canonical$/);
      }),
    );
    expect(faultOf(bytesOf(`${certificateText(certificate)}\n`))).toBe('not_canonical');
    expect(faultOf(bytesOf(JSON.stringify(certificate, null, 2)))).toBe('not_canonical');
  });

  it('is refused with another key, and by a code', () => {
    expect(faultOf(bytes, [stranger.publicKey])).toBe('unknown_key');
    expect(faultOf(bytes, [])).toBe('unknown_key');
    const own = certificateOf(evidenceOf(provenLog(story(userActor('mallory', null)), stranger.privateKey)));
    expect(faultOf(bytesOf(certificateText(own)))).toBe('unknown_key');
  });

  it.each([
    ['statement_differs', (c: never) => void ((c as { attempts: number }).attempts = 1)],
    ['statement_differs', (c: never) => void delete (c as { failures?: unknown }).failures],
    ['malformed_certificate', (c: never) => void ((c as Record<string, unknown>)['note'] = 'x')],
    ['unknown_format', (c: never) => void ((c as Record<string, unknown>)['format'] = 'v2')],
    ['malformed_certificate', (c: never) => void ((c as Record<string, unknown>)['evidence'] = {})],
    ['life_incomplete', (c: Change) => void c.evidence.life.splice(1, 1)],
    ['life_incomplete', (c: Change) => void c.evidence.life.shift()],
    ['not_delivered', (c: Change) => void c.evidence.life.pop()],
    ['not_delivered', (c: Change) => void c.evidence.life.splice(0)],
    ['evidence_missing', (c: Change) => void (c.evidence.resource = c.evidence.life[0] as never)],
    ['entry_not_proven', (c: Change) => void c.evidence.life[0]?.proof.pop()],
    ['entry_not_proven', (c: Change) => void (c.evidence.life[0] as { proof: string[] }).proof.push('AA==')],
    ['malformed_entry', (c: Change) => void ((c.evidence.resource as { entry_text: string }).entry_text = 'x')],
    ['malformed_note', (c: Change) => void (c.evidence.checkpoint = '')],
  ] as readonly (readonly [string, (c: never) => void])[])('that was forged is refused as %s', (code, change) => {
    expect(faultOf(forged(change as never))).toBe(code);
  });

  it('whose acknowledgement speaks of something else is refused, even by the holder of the key', () => {
    const told = story().map(([stream, type, data]) => {
      if (type !== 'TransferCompleted') return [stream, type, data] as const;
      const acknowledgement = { ...(data['acknowledgement'] as object), resource_hash: 'b'.repeat(64) };
      return [stream, type, { ...data, acknowledgement }] as const;
    });
    const given = certificateOf(evidenceOf(provenLog(told, privateKey)));
    expect(faultOf(bytesOf(certificateText(given)))).toBe('acknowledgement_differs');
    const digest = story().map(([stream, type, data]) =>
      type === 'TransferCompleted'
        ? ([stream, type, { ...data, acknowledgement_digest: 'e'.repeat(64) }] as const)
        : ([stream, type, data] as const),
    );
    const other = certificateOf(evidenceOf(provenLog(digest, privateKey)));
    expect(faultOf(bytesOf(certificateText(other)))).toBe('acknowledgement_differs');
  });

  it('whose acknowledgement names other media than was frozen is refused, even by the holder of the key', () => {
    const told = story().map(([stream, type, data]) => {
      if (type !== 'TransferCompleted') return [stream, type, data] as const;
      const acknowledgement = {
        ...(data['acknowledgement'] as JsonObject),
        processed_media_hash: 'b'.repeat(64),
      };
      return [
        stream,
        type,
        { ...data, acknowledgement, acknowledgement_digest: documentDigest(acknowledgement) },
      ] as const;
    });
    const given = certificateOf(evidenceOf(provenLog(told, privateKey)));
    expect(faultOf(bytesOf(certificateText(given)))).toBe('acknowledgement_differs');
  });

  it('is anything at all, and nothing but a fault comes of it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ format: fc.constant(certificate.format), evidence: fc.jsonValue() })),
        (value) => {
          expect(faultOf(bytesOf(JSON.stringify(value)))).not.toBe('accepted');
        },
      ),
    );
    fc.assert(fc.property(fc.uint8Array(), (given) => void expect(faultOf(given)).not.toBe('accepted')));
    expect(faultOf(new Uint8Array(8 * 1024 * 1024 + 1))).toBe('too_large');
  });
});

interface Change {
  evidence: { life: { proof: string[] }[]; resource: unknown; checkpoint: string };
}

describe.each(LANGUAGES)('the page of a certificate, %s,', (language) => {
  const page = certificatePage(certificate, language);

  it('says what the certificate states, and names its bytes', () => {
    for (const text of ['Alice (alice)', 'VALIDATED', 'remote-1', 'http_503', 'd'.repeat(64), 'hub-export/site-a'])
      expect(page).toContain(text);
    for (const word of [WORDS[language].title, WORDS[language].order, WORDS[language].proof])
      expect(page).toContain(word);
    expect(page).toContain(`<html lang="${language}">`);
  });

  it('loads and runs nothing, whatever somebody is called', () => {
    const mallory = userActor('mallory', '<script>alert(1)</script>"&');
    const given = certificatePage(certificateOf(evidenceOf(provenLog(story(mallory), privateKey))), language);
    expect(given).not.toMatch(/<script|<img|<link|src=|href=|url\(|@import/i);
    expect(given).toContain('&#60;script&#62;');
  });
});
