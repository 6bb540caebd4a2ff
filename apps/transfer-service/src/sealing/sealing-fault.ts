export type SealingFaultCode =
  /** Media of this envelope may have been sent, and it is gone or damaged; another one must not take its place. */
  | 'staged_envelope_lost'
  /** The staging directory cannot be read or written: missing rights, a full or broken disk. */
  | 'staging_unavailable'
  /** There is no room for the sealed media. */
  | 'staging_full'
  /** Others than the service have rights on the staging directory. */
  | 'staging_not_private'
  /** The public key of the hub cannot be read, or is no X25519 key. */
  | 'recipient_key_unreadable';

/** Media could not be sealed, or what was sealed could not be sent; no path is ever told. */
export class SealingFault extends Error {
  override readonly name = 'SealingFault';

  constructor(
    readonly code: SealingFaultCode,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}
