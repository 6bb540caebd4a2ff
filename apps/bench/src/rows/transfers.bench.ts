import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PostgresEventStore } from '@hub-export/event-store';
import { atLeast, type Goal } from '../report/goal.js';
import { rateOf } from '../run/rates.runner.js';
import type { Row } from '../run/workbench.server.js';
import { BareHub } from '../site/bare-hub.client.js';
import { BenchSite } from '../site/bench-site.server.js';
import { mediaFile, pathOf } from '../site/media.file.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { Sending } from '../site/sending.service.js';
import type { SiteResource } from '../site/snapshot.js';
import { benchLog } from '../store/log.server.js';
import { singleEvent } from '../store/requests.js';

const MEDIA_BYTES = 1024 * 1024;
const CONCURRENT = 8;

/** Reports of 1 MiB from the mark to the verified end by two workers, against the same hub called without any of ours. */
export const transfersSmall = transfers('transfers.small', atLeast(0.5), (bare) => ({
  lanes: CONCURRENT,
  send: (resource, bytes) => bare.send(resource, bytes),
}));

/** The same against calls one at a time, each over a connection of its own: how a naive sender works. */
export const transfersNaive = transfers('transfers.naive', atLeast(1.8), (bare) => ({
  lanes: 1,
  send: (resource, bytes) => bare.sendAnew(resource, bytes),
}));

/** How the hub is called without any of ours. */
interface BareCalls {
  /** Transfers at once. */
  readonly lanes: number;
  readonly send: (resource: SiteResource, bytes: Buffer) => Promise<void>;
}

function transfers(name: string, goal: Goal, callsOf: (bare: BareHub) => BareCalls): Row {
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
      // In a log of its own, where no service takes the facts for transfers.
      const log = new PostgresEventStore(await (await benchLog(workbench)).pool('transfer'));
      const { lanes, send } = callsOf(bare);
      const calls = async (facts: number): Promise<number> => {
        await site.settled();
        return rateOf(lanes, count, async () => {
          await send(bare.resource(media), bytes);
          await record(log, facts);
        });
      };
      let facts = 0;
      return {
        contestants: [
          {
            name: 'marked to completed, two workers',
            measure: async () => {
              const resources = await sending.resources(count, media);
              const { sent, allowed } = await sending.rates(sender, resources);
              const [resource] = resources;
              if (resource !== undefined) facts = await sending.facts(resource);
              return { sent, processors: allowed };
            },
          },
          { name: 'bare calls', measure: async () => ({ bare: await calls(0) }) },
          { name: 'bare calls, and as many facts recorded', measure: async () => ({ recorded: await calls(facts) }) },
        ],
        comparisons: [
          { value: 'sent', limit: 'bare', unit: 'transfers/s', goal },
          { variant: 'beside calls that are recorded', value: 'sent', limit: 'recorded', unit: 'transfers/s' },
          { variant: 'of what the processors allow', value: 'sent', limit: 'processors', unit: 'transfers/s' },
        ],
      };
    },
  };
}

/** So many facts of one transfer, each recorded before the next happens. */
async function record(log: PostgresEventStore, facts: number): Promise<void> {
  const streamId = `transfer-${randomUUID()}`;
  for (let version = 0; version < facts; version += 1) {
    const { outcome } = await log.append(singleEvent(randomUUID(), streamId, version));
    if (outcome !== 'appended') throw new Error(`A fact is not recorded: ${outcome}.`);
  }
}
