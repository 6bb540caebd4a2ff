import { createPublicKey, type KeyObject } from 'node:crypto';
import type { CentralHubDocument } from '@hub-export/contracts';
import { readWatched } from '../node/watched-files.file.js';
import { SealingFault } from './sealing-fault.js';

/**
 * The hub's public key, read for each use, so that a rotation needs no restart.
 * @throws {SealingFault} `recipient_key_unreadable`
 */
export async function readRecipientKey({ recipient_public_key_file }: CentralHubDocument): Promise<KeyObject> {
  try {
    const [file] = await readWatched([recipient_public_key_file ?? '']);
    const key = createPublicKey(file?.content ?? '');
    if (key.asymmetricKeyType === 'x25519') return key;
  } catch (error) {
    throw new SealingFault('recipient_key_unreadable', { cause: error });
  }
  throw new SealingFault('recipient_key_unreadable');
}
