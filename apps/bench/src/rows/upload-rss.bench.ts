import { HUB_PROFILES, type HubProfile } from '@hub-export/contracts';
import { atMost } from '../report/goal.js';
import { forgetPeak, peakMib, residentMib } from '../run/usage.process.js';
import type { Row, Workbench } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';
import { mediaFile, sparseMediaFile } from '../site/media.file.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { Sending } from '../site/sending.service.js';

const GIB = 1024 ** 3;
const QUICK_BYTES = GIB / 4;
/** Of each way hubs take media one; in a quick run the others would show the same. */
const QUICK_PROFILES: readonly HubProfile[] = ['endoreg-3.0', 'endoreg-3.0-envelope'];
/** Sent first, so that what is loaded once is not taken for growth. */
const WARM_UP_BYTES = 64 * 1024 ** 2;

/** How much the sender's memory grows over a very large file, for each way hubs take media. */
export const uploadRss: Row = {
  name: 'upload.rss',
  async prepare(workbench) {
    const isFull = workbench.scale.size === 1;
    const [size, profiles] = isFull ? [10 * GIB, HUB_PROFILES] : [QUICK_BYTES, QUICK_PROFILES];
    return {
      contestants: profiles.map((profile) => ({
        name: profile,
        measure: async () => ({ [profile]: await growth(workbench, profile, size) }),
      })),
      comparisons: profiles.map((profile) => ({
        variant: profile,
        value: profile,
        unit: 'MiB',
        goal: atMost(64, 'MiB'),
      })),
      rounds: 1,
      warmUp: false,
    };
  },
};

async function growth(workbench: Workbench, profile: HubProfile, size: number): Promise<number> {
  workbench.progress(`upload.rss: ${profile}`);
  const site = await BenchSite.prepare(workbench, profile);
  const seed = new ResourceSeed(await site.log.pool('marking'));
  const marking = await site.start('marking-service');
  const sender = await site.start('transfer-service');
  const sending = new Sending(site, seed, marking);
  const warmUp = await mediaFile(site.folder, WARM_UP_BYTES);
  await sending.send(sender, await sending.resources(1, warmUp));

  const resources = await sending.resources(1, await sparseMediaFile(site.folder, size));
  forgetPeak(sender.pid);
  const before = residentMib(sender.pid);
  await sending.send(sender, resources);
  const grown = peakMib(sender.pid) - before;
  // A hub's copy of such a file must not lie beside the next one's.
  await workbench.clearUp();
  return grown;
}
