import { atLeast } from '../report/goal.js';
import type { Row } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';
import { mediaFile } from '../site/media.file.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { Sending } from '../site/sending.service.js';

/** How long the hub takes for each answer. */
const HUB_MS = 50;
const WORKERS = [1, 2, 4] as const;

/** Small transfers to a hub that answers slowly, by one, two and four worker processes. */
export const scaleOut: Row = {
  name: 'scale.out',
  async prepare(workbench) {
    // A thousand over the five rounds of a full run; a quick one has few, since every round is three starts of workers.
    const isFull = workbench.scale.size === 1;
    const count = isFull ? 200 : 25;
    const site = await BenchSite.prepare(workbench, 'endoreg-3.0');
    await site.hub?.delay(HUB_MS);
    const seed = new ResourceSeed(await site.log.pool('marking'));
    const media = await mediaFile(site.folder, 4096);
    const marking = await site.start('marking-service');
    const sending = new Sending(site, seed, marking);
    return {
      contestants: WORKERS.map((workers) => ({
        name: `${workers} workers`,
        measure: async () => {
          const senders = await Promise.all(Array.from({ length: workers }, () => site.start('transfer-service')));
          try {
            const resources = await sending.resources(count, media);
            const [sender] = senders;
            if (sender === undefined) throw new Error('There is no worker.');
            const { sent, allowed } = await sending.rates(sender, resources);
            return { [`by_${workers}`]: sent, [`processors_${workers}`]: allowed };
          } finally {
            await Promise.all(senders.map((each) => each.stop()));
          }
        },
      })),
      ...(isFull ? {} : { rounds: 2, warmUp: false }),
      comparisons: [
        { variant: 'from 1 to 2 workers', value: 'by_2', limit: 'by_1', unit: 'transfers/s', goal: atLeast(1.7) },
        { variant: 'from 1 to 4 workers', value: 'by_4', limit: 'by_1', unit: 'transfers/s', goal: atLeast(1.7) },
        // Near 1 no further worker helps: the processors have nothing left to give.
        ...WORKERS.map((workers) => ({
          variant: `${workers} workers, of what the processors allow`,
          value: `by_${workers}`,
          limit: `processors_${workers}`,
          unit: 'transfers/s',
        })),
      ],
    };
  },
};
