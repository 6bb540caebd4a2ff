import { writeCheckpointKey } from '@hub-export/transparency-log';
import { existsSync, mkdirSync } from 'node:fs';
import type { SiteLayout } from './layout.js';

/** Makes the key of the site’s checkpoints once; the public half lies beside the site, for whoever verifies it. */
export function keepCheckpointKey({
  checkpointKey,
  checkpointPublicKey,
  anchors,
}: Pick<SiteLayout, 'checkpointKey' | 'checkpointPublicKey' | 'anchors'>): void {
  mkdirSync(anchors, { recursive: true, mode: 0o750 });
  if (!existsSync(checkpointKey)) writeCheckpointKey(checkpointKey, checkpointPublicKey);
}
