import { fromBase64, toBase64 } from './base64.js';
import { NoteFault } from './note-fault.js';
import { isKeyName } from './signed-note.js';
import { HASH_BYTES, type Hash } from './tree-hash.js';

/** What a log says of itself at one size (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Which log: a name without white space or `+`, such as `hub-export/site-a`; it is also the name of its key. */
  readonly origin: string;
  /** Leaves of the tree. */
  readonly size: number;
  readonly root: Hash;
}

const SIZE = /^(0|[1-9]\d{0,15})$/;

/**
 * The text that is signed: three lines.
 * @throws {RangeError} for an origin that could be taken for other lines, or a size or root that is none.
 */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  if (!isKeyName(origin)) throw new RangeError('An origin has no white space and no +.');
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError('A size is a whole number.');
  if (root.length !== HASH_BYTES) throw new RangeError('A root is a SHA-256.');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * Reads the text of a checkpoint; there is one text for each. Extension lines are not ours and are refused.
 * @throws {NoteFault} `malformed_checkpoint`
 */
export function parseCheckpointText(text: string): Checkpoint {
  const [origin = '', size = '', root = '', rest, ...more] = text.split('\n');
  const hash = fromBase64(root);
  if (rest !== '' || more.length > 0 || !isKeyName(origin) || !SIZE.test(size) || hash?.length !== HASH_BYTES) {
    throw new NoteFault('malformed_checkpoint');
  }
  const leaves = Number(size);
  if (!Number.isSafeInteger(leaves)) throw new NoteFault('malformed_checkpoint');
  return { origin, size: leaves, root: hash };
}
