import type { NoteFaultCode } from '@hub-export/transparency-log';

export type CertificateFaultCode =
  | NoteFaultCode
  /** More bytes than a certificate ever has. */
  | 'too_large'
  | 'not_json'
  /** Its members are in order, its bytes are not the ones that were issued. */
  | 'not_canonical'
  /** It is no certificate, or one of a later version. */
  | 'unknown_format'
  | 'malformed_certificate'
  /** An entry has not the nine fields that the log hashes. */
  | 'malformed_entry'
  /** Its proof does not lead to the root that was signed. */
  | 'entry_not_proven'
  /** An entry of the transfer's life is left out, or belongs to something else. */
  | 'life_incomplete'
  /** The entries tell of no completed transfer. */
  | 'not_delivered'
  /** The entries do not hold what the transfer rested on. */
  | 'evidence_missing'
  /** What the certificate states is not what its entries say. */
  | 'statement_differs'
  /** The hub's acknowledgement speaks of something else, or its digest is not its own. */
  | 'acknowledgement_differs';

/** Why a certificate is not accepted. `where` names the member or entry, never a value. */
export class CertificateFault extends Error {
  override readonly name = 'CertificateFault';

  constructor(
    readonly code: CertificateFaultCode,
    readonly where: string | null = null,
  ) {
    super(`The certificate is not accepted: ${code}${where === null ? '' : ` (${where})`}.`);
  }
}
