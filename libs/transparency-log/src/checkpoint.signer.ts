import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Checkpoint, checkpointText, parseCheckpointText } from './checkpoint.js';
import { NoteFault } from './note-fault.js';
import { ED25519_BYTES, ed25519KeyId, noteText, parseNote } from './signed-note.js';

/**
 * Signs a checkpoint by an Ed25519 key, whose name is the origin. Ed25519 has no chance in it: the same checkpoint and
 * key give the same note, byte for byte.
 */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  const text = checkpointText(checkpoint);
  const { origin: name } = checkpoint;
  const keyId = ed25519KeyId(name, rawPublicKey(createPublicKey(privateKey)));
  return noteText({
    text,
    signatures: [{ name, keyId, signature: sign(null, new TextEncoder().encode(text), privateKey) }],
  });
}

/** A checkpoint whose signature was verified, and by which key. */
export interface VerifiedCheckpoint extends Checkpoint {
  readonly keyId: string;
}

/**
 * Reads a signed checkpoint and accepts it where one of the keys signed it under the name of its origin. Signatures of
 * other keys (witnesses) do not matter; one that names a known key and is not by it spoils the whole note.
 * @param keys Ed25519 public keys of the log, the retired ones too.
 * @param origin where it is known which log it must be.
 * @throws {NoteFault}
 */
export function openCheckpoint(note: string, keys: readonly KeyObject[], origin?: string): VerifiedCheckpoint {
  const { text, signatures } = parseNote(note);
  const checkpoint = parseCheckpointText(text);
  if (origin !== undefined && checkpoint.origin !== origin) throw new NoteFault('wrong_origin');
  const known = new Map(keys.map((key) => [ed25519KeyId(checkpoint.origin, rawPublicKey(key)), key]));
  const message = new TextEncoder().encode(text);
  let signer: string | undefined;
  for (const { name, keyId, signature } of signatures) {
    const key = name === checkpoint.origin ? known.get(keyId) : undefined;
    if (key === undefined) continue;
    if (!verify(null, message, key, signature)) throw new NoteFault('wrong_signature');
    signer = keyId;
  }
  if (signer === undefined) throw new NoteFault('unknown_key');
  return { ...checkpoint, keyId: signer };
}

/** The 32 bytes of an Ed25519 public key. @throws {RangeError} for another kind of key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== 'ed25519') throw new RangeError('The key is no Ed25519 key.');
  const der = key.export({ type: 'spki', format: 'der' });
  return new Uint8Array(der.subarray(der.length - ED25519_BYTES));
}
