import { canonicalJson } from '@hub-export/contracts';
import { parseEntryText } from './life-entry.js';
import { type Statement, statementOf } from './statement.js';

export const CERTIFICATE_FORMAT = 'hub-export/delivery-certificate/v1';

/** So many bytes a certificate has at most. */
export const CERTIFICATE_BYTES_MAX = 8 * 1024 * 1024;

/** An entry of the log with what proves that it is in the tree that was signed. */
export interface ProvenEntry {
  readonly global_seq: number;
  readonly entry_hash: string;
  /** The nine fields that the log hashes, joined by line feeds. */
  readonly entry_text: string;
  /** Hashes from the leaf upwards (RFC 6962), Base64. */
  readonly proof: readonly string[];
}

/** The certificate of a completed transfer: what it states, and from what anybody can see that it is so. */
export interface DeliveryCertificate extends Statement {
  readonly format: typeof CERTIFICATE_FORMAT;
  readonly evidence: {
    /** The report of the resource that the last verdict of eligibility rested on. */
    readonly resource: ProvenEntry;
    /** The transfer's whole life up to its completion, in its order. */
    readonly life: readonly ProvenEntry[];
    /** The signed checkpoint (C2SP tlog-checkpoint) whose root all proofs lead to. */
    readonly checkpoint: string;
  };
}

/**
 * The certificate that these entries give; the same entries and checkpoint give the same one.
 * @throws {CertificateFault} where they tell of no delivery.
 */
export function certificateOf(evidence: DeliveryCertificate['evidence']): DeliveryCertificate {
  const life = evidence.life.map(({ entry_text }) => parseEntryText(entry_text));
  return {
    format: CERTIFICATE_FORMAT,
    ...statementOf(life, parseEntryText(evidence.resource.entry_text)),
    evidence,
  };
}

/** The bytes that are issued, canonical (RFC 8785) with one line feed: whoever changes one of them is found out. */
export function certificateText(certificate: DeliveryCertificate): string {
  return `${canonicalJson(certificate)}\n`;
}
