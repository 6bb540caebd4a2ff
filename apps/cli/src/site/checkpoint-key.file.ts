import { writeCheckpointKey } from '@hub-export/transparency-log';
import { existsSync } from 'node:fs';
import type { SiteLayout } from './layout.js';

/** Makes the key of the site’s checkpoints once; the public half lies beside the site, for whoever verifies it. */
export function keepCheckpointKey({
  checkpointKey,
  checkpointPublicKey,
}: Pick<SiteLayout, 'checkpointKey' | 'checkpointPublicKey'>): void {
  if (!existsSync(checkpointKey)) writeCheckpointKey(checkpointKey, checkpointPublicKey);
}
