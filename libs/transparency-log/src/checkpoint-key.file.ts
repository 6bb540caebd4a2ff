import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import { ED25519_BYTES, parseVerifierKey } from './signed-note.js';

/** Why a file gives no key. Its path is not told. */
export type KeyFileFault = 'unreadable' | 'not_a_file' | 'open_to_others' | 'not_ed25519';

export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';

  constructor(
    readonly code: KeyFileFault,
    options?: ErrorOptions,
  ) {
    super(SENTENCES[code], options);
  }
}

const SENTENCES: Readonly<Record<KeyFileFault, string>> = {
  unreadable: 'The key file cannot be read.',
  not_a_file: 'The key file is not a regular file of at most 16 KiB.',
  open_to_others: 'The key file may be read by others: its mode must be 0600 or 0400.',
  not_ed25519: 'The key file holds no Ed25519 key of the kind that is needed.',
};
const KEY_FILE_BYTES_MAX = 16_384;
const OTHERS = 0o077;

/**
 * The private key of a log, PEM (PKCS #8), from a regular file that nobody but its owner may read.
 * @throws {KeyFileError}
 */
export function readCheckpointKey(path: string): KeyObject {
  return ed25519(() => createPrivateKey(contentOf(path, true)));
}

/**
 * Public keys of a log from a file: one PEM, or lines of `name+id+key` as the tools of signed notes write them.
 * @throws {KeyFileError}
 */
export function readPublicKeys(path: string): readonly KeyObject[] {
  const text = contentOf(path, false).trim();
  if (text.includes('PRIVATE KEY')) throw new KeyFileError('not_ed25519');
  if (text.startsWith('-----BEGIN')) return [ed25519(() => createPublicKey(text))];
  return text.split('\n').map((line) => {
    const key = parseVerifierKey(line.trim());
    if (key === null) throw new KeyFileError('not_ed25519');
    return publicKeyOf(key.publicKey);
  });
}

/** An Ed25519 public key from its 32 bytes. @throws {RangeError} */
export function publicKeyOf(raw: Uint8Array): KeyObject {
  if (raw.length !== ED25519_BYTES) throw new RangeError('An Ed25519 public key has 32 bytes.');
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}

/** Makes a new key: the private one into a file of mode 0400 that must not be there yet, the public one beside it. */
export function writeCheckpointKey(privatePath: string, publicPath: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(privatePath, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o400, flag: 'wx' });
  writeFileSync(publicPath, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644, flag: 'wx' });
}

/** What stands before the 32 bytes in a SubjectPublicKeyInfo (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function ed25519(make: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = make();
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    throw new KeyFileError('not_ed25519');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new KeyFileError('not_ed25519');
  return key;
}

/** What is judged is what is read: one descriptor for both, no links followed, nothing that blocks. */
function contentOf(path: string, isSecret: boolean): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (isSecret ? constants.O_NOFOLLOW : 0));
  } catch (error) {
    throw new KeyFileError('unreadable', { cause: error });
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > KEY_FILE_BYTES_MAX) throw new KeyFileError('not_a_file');
    if (isSecret && (stat.mode & OTHERS) !== 0) throw new KeyFileError('open_to_others');
    const bytes = Buffer.alloc(stat.size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, stat.size, 0)).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}
