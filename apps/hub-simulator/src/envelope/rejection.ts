import { HubRefusal } from '../answer.js';

/** Why the hub rejects an envelope, and in which phase of opening it; hub contract 7.7. */
const PHASES = {
  envelope_metadata_invalid: 'envelope_metadata',
  envelope_identity_mismatch: 'envelope_identity',
  ciphertext_size_mismatch: 'ciphertext_staging',
  recipient_key_configuration_invalid: 'recipient_key_configuration',
  recipient_key_unavailable: 'recipient_key_unwrap',
  recipient_key_authentication_failed: 'recipient_key_unwrap',
  envelope_payload_authentication_failed: 'payload_authentication',
  envelope_plaintext_integrity_mismatch: 'plaintext_integrity',
  envelope_stream_incomplete: 'payload_authentication',
} as const;

export type RejectionCode = keyof typeof PHASES;

/** The refusal of an envelope. */
export function rejectEnvelope(code: RejectionCode): HubRefusal {
  return new HubRefusal({
    status: 400,
    body: {
      detail: 'The media envelope was rejected.',
      error_fields: ['envelope'],
      rejection_code: code,
      rejection_phase: PHASES[code],
    },
    reason: code,
  });
}

/** The codes in the order in which the hub may find them. */
export const REJECTION_CODES = Object.keys(PHASES) as readonly RejectionCode[];

export function isRejectionCode(value: unknown): value is RejectionCode {
  return REJECTION_CODES.includes(value as RejectionCode);
}
