import { readFile } from 'node:fs/promises';
import { atLeast, type Goal } from '../report/goal.js';
import type { Row } from '../run/workbench.server.js';
import { BareHub } from '../site/bare-hub.client.js';
import { BenchSite } from '../site/bench-site.server.js';
import { mediaFile, pathOf } from '../site/media.file.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { Sending } from '../site/sending.service.js';

const MEDIA_BYTES = 1024 * 1024;
const CONCURRENT = 8;

/** Reports of 1 MiB from the mark to the verified end by two workers, against the same hub called without any of ours. */
export const transfersSmall = transfers('transfers.small', atLeast(0.5), async (bare, send, count) => {
  let left = count;
  await Promise.all(
    Array.from({ length: CONCURRENT }, async () => {
      for (; left > 0;) {
        left -= 1;
        await send.call(bare);
      }
    }),
  );
});

/** The same against calls one at a time, each over a connection of its own: how a naive sender works. */
export const transfersNaive = transfers('transfers.naive', atLeast(1.8), async (bare, send, count) => {
  for (let sent = 0; sent < count; sent += 1) await send.call(bare, true);
});

type SendBare = (this: BareHub, anew?: boolean) => Promise<void>;

function transfers(
  name: string,
  goal: Goal,
  bareRun: (bare: BareHub, send: SendBare, count: number) => Promise<void>,
): Row {
  return {
    name,
    async prepare(workbench) {
      const count = Math.ceil(40 * workbench.scale.seconds);
      const site = await BenchSite.prepare(workbench, 'endoreg-3.0');
      const seed = new ResourceSeed(await site.log.pool('marking'));
      const media = await mediaFile(site.folder, MEDIA_BYTES);
      const bytes = await readFile(pathOf(site.folder, media));
      const marking = await site.start('marking-service');
      const sender = await site.start('transfer-service');
      await site.start('transfer-service');
      const sending = new Sending(site, seed, marking);
      const bare = new BareHub(site, CONCURRENT);
      workbench.atEnd(() => bare.close());
      const sendBare: SendBare = function (anew = false) {
        const resource = this.resource(media);
        return anew ? this.sendAnew(resource, bytes) : this.send(resource, bytes);
      };
      return {
        contestants: [
          {
            name: 'marked to completed, two workers',
            measure: async () => {
              const resources = await sending.resources(count, media);
              return { sent: (count / (await sending.send(sender, resources))) * 1000 };
            },
          },
          {
            name: 'bare calls',
            measure: async () => {
              await site.settled();
              const begun = performance.now();
              await bareRun(bare, sendBare, count);
              return { bare: (count / (performance.now() - begun)) * 1000 };
            },
          },
        ],
        comparisons: [{ value: 'sent', limit: 'bare', unit: 'transfers/s', goal }],
      };
    },
  };
}
