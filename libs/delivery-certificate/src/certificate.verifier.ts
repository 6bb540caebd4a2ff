import { canonicalJson, documentDigest } from '@hub-export/contracts';
import {
  type Checkpoint,
  entryLeaf,
  fromBase64,
  type Hash,
  leafHash,
  NoteFault,
  openCheckpoint,
  provesInclusion,
} from '@hub-export/transparency-log';
import type { KeyObject } from 'node:crypto';
import {
  CERTIFICATE_BYTES_MAX,
  CERTIFICATE_FORMAT,
  certificateOf,
  certificateText,
  type DeliveryCertificate,
  type ProvenEntry,
} from './certificate.js';
import { CertificateFault } from './certificate-fault.js';
import { parseEntryText } from './life-entry.js';

/** A certificate that holds, and the checkpoint it rests on. */
export interface VerifiedCertificate {
  readonly certificate: DeliveryCertificate;
  readonly checkpoint: Checkpoint & { readonly keyId: string };
}

/**
 * Verifies a certificate from its bytes and the public keys of the log alone. In this order: the form, the signature of
 * the checkpoint, the proof of each entry, the life without gaps, the statement as it follows from the entries, the
 * hub's acknowledgement.
 * @throws {CertificateFault} with the first thing that is wrong; nothing else.
 */
export function verifyCertificate(bytes: Uint8Array, keys: readonly KeyObject[]): VerifiedCertificate {
  const { text, certificate } = read(bytes);
  const checkpoint = opened(certificate.evidence.checkpoint, keys);
  for (const entry of [certificate.evidence.resource, ...certificate.evidence.life]) requireProven(entry, checkpoint);
  const rebuilt = certificateOf(certificate.evidence);
  requireSame(certificate, rebuilt);
  requireAcknowledged(rebuilt);
  if (certificateText(rebuilt) !== text) throw new CertificateFault('not_canonical');
  return { certificate: rebuilt, checkpoint };
}

function read(bytes: Uint8Array): { readonly text: string; readonly certificate: DeliveryCertificate } {
  if (bytes.length > CERTIFICATE_BYTES_MAX) throw new CertificateFault('too_large');
  const [text, value] = jsonOf(bytes);
  if (!isObject(value) || value['format'] !== CERTIFICATE_FORMAT) throw new CertificateFault('unknown_format');
  const { evidence } = value;
  if (!isEvidence(evidence)) throw new CertificateFault('malformed_certificate', 'evidence');
  return { text, certificate: value as unknown as DeliveryCertificate };
}

function jsonOf(bytes: Uint8Array): readonly [string, unknown] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return [text, JSON.parse(text)];
  } catch {
    throw new CertificateFault('not_json');
  }
}

function opened(note: string, keys: readonly KeyObject[]): VerifiedCertificate['checkpoint'] {
  try {
    return openCheckpoint(note, keys);
  } catch (error) {
    if (error instanceof NoteFault) throw new CertificateFault(error.code, 'evidence.checkpoint');
    throw error;
  }
}

function requireProven({ global_seq, entry_hash, entry_text, proof }: ProvenEntry, { size, root }: Checkpoint): void {
  const where = `entry ${global_seq}`;
  if (parseEntryText(entry_text).globalSeq !== global_seq) throw new CertificateFault('malformed_entry', where);
  const hashes = proof.map(fromBase64);
  const isProven =
    hashes.every((hash): hash is Hash => hash !== null) &&
    provesInclusion({
      index: global_seq - 1,
      size,
      leaf: leafHash(entryLeaf(entry_text, entry_hash)),
      proof: hashes,
      root,
    });
  if (!isProven) throw new CertificateFault('entry_not_proven', where);
}

function requireSame(given: DeliveryCertificate, rebuilt: DeliveryCertificate): void {
  for (const [member, value] of Object.entries(rebuilt)) {
    const same = canonicalOf((given as unknown as Record<string, unknown>)[member]);
    if (same !== canonicalJson(value)) throw new CertificateFault('statement_differs', member);
  }
  const unknown = Object.keys(given).find((member) => !(member in rebuilt));
  if (unknown !== undefined) throw new CertificateFault('malformed_certificate');
}

/** The sender verified it against what it had frozen; whoever reads the certificate need not take its word. */
function requireAcknowledged({ transfer, queued, delivery, evidence }: DeliveryCertificate): void {
  const { acknowledgement, acknowledgement_digest } = delivery;
  // As it was recorded, with members of a later version, which the digest counts too.
  const recorded = parseEntryText(evidence.life.at(-1)?.entry_text ?? '').data['acknowledgement'];
  const named = ['transfer_key', 'source_node_key', 'target_node_key', 'resource_kind', 'resource_hash'] as const;
  const other = named.find((member) => acknowledgement[member] !== transfer[member]);
  if (other !== undefined || acknowledgement.source_center_key !== transfer.source_center_key) {
    throw new CertificateFault('acknowledgement_differs', other ?? 'source_center_key');
  }
  // Answers of contract 2.0 name no media; all others must name what was frozen.
  if (queued.profile !== 'endoreg-2.0' && acknowledgement.processed_media_hash !== queued.media_sha256) {
    throw new CertificateFault('acknowledgement_differs', 'processed_media_hash');
  }
  if (documentDigest(recorded) !== acknowledgement_digest) {
    throw new CertificateFault('acknowledgement_differs', 'acknowledgement_digest');
  }
}

function canonicalOf(value: unknown): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}

function isEvidence(value: unknown): value is DeliveryCertificate['evidence'] {
  if (!isObject(value)) return false;
  const { resource, life, checkpoint } = value;
  return isProvenEntry(resource) && Array.isArray(life) && life.every(isProvenEntry) && typeof checkpoint === 'string';
}

function isProvenEntry(value: unknown): value is ProvenEntry {
  if (!isObject(value)) return false;
  const { global_seq, entry_hash, entry_text, proof } = value;
  return (
    Number.isSafeInteger(global_seq) &&
    typeof entry_hash === 'string' &&
    /^[0-9a-f]{64}$/.test(entry_hash) &&
    typeof entry_text === 'string' &&
    Array.isArray(proof) &&
    proof.every((hash) => typeof hash === 'string')
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
