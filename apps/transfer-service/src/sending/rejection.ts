/** Why a hub refused sealed media, as a code that is kept. */
export interface Rejection {
  readonly code: string;
  /** Whether a further attempt is to send the same sealed bytes; else they are of no use any more. */
  readonly keepSealed: boolean;
}

/**
 * The hub's rejection codes (hub contract 7.7). The sealed bytes are kept where they may have been damaged on their way
 * or where the hub itself has to be mended; they are given up where the hub can never open them.
 */
const KEEPS_SEALED: Readonly<Record<string, boolean>> = {
  envelope_metadata_invalid: false,
  envelope_identity_mismatch: false,
  ciphertext_size_mismatch: true,
  recipient_key_configuration_invalid: true,
  recipient_key_unavailable: false,
  recipient_key_authentication_failed: false,
  envelope_payload_authentication_failed: true,
  envelope_plaintext_integrity_mismatch: false,
  envelope_stream_incomplete: true,
  replay_conflict: true,
};

/** What a 400 answer to sealed media says. A code that the contract does not name is not taken over. */
export function rejectionOf({ rejection_code }: Readonly<Record<string, unknown>>): Rejection {
  if (typeof rejection_code !== 'string' || !Object.hasOwn(KEEPS_SEALED, rejection_code)) {
    // Older envelope hubs name no code. What they refused with 400 was not applied.
    return { code: 'hub_refused_media', keepSealed: false };
  }
  return { code: rejection_code, keepSealed: KEEPS_SEALED[rejection_code] === true };
}
