export {
  CERTIFICATE_BYTES_MAX,
  CERTIFICATE_FORMAT,
  certificateOf,
  certificateText,
  type DeliveryCertificate,
  type ProvenEntry,
} from './certificate.js';
export { CertificateFault, type CertificateFaultCode } from './certificate-fault.js';
export { CERTIFICATE_PAGE_POLICY, certificatePage } from './certificate-page.js';
export { type Language, LANGUAGES } from './page-words.js';
export { parseEntryText } from './life-entry.js';
export { type Statement } from './statement.js';
export { type VerifiedCertificate, verifyCertificate } from './certificate.verifier.js';
export { evidenceOf, provenLog, story } from './certificate.testing.js';
