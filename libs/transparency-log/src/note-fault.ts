export type NoteFaultCode =
  /** It has not the form of a note: text, empty line, signature lines. */
  | 'malformed_note'
  /** Its text has not the form of a checkpoint: origin, size, root. */
  | 'malformed_checkpoint'
  /** None of its signatures is by a key that was handed. */
  | 'unknown_key'
  /** A signature that names a known key is not by it. */
  | 'wrong_signature'
  /** It speaks of another log. */
  | 'wrong_origin';

/** Why a note is not accepted. */
export class NoteFault extends Error {
  override readonly name = 'NoteFault';

  constructor(readonly code: NoteFaultCode) {
    super(`The note is not accepted: ${code}.`);
  }
}
