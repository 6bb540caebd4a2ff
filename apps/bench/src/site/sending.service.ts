import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { processorLimit } from '../run/usage.process.js';
import { markAll } from './marks.client.js';
import type { BenchSite } from './bench-site.server.js';
import type { ResourceSeed } from './resources.seed.js';
import type { ServiceProcess } from './service.process.js';
import type { SiteResource } from './snapshot.js';

const BATCH = 200;
const SEND_LIMIT_MS = 900_000;
const LOOK_EVERY_MS = 50;

/** A site whose resources are sent to the hub on demand. */
export class Sending {
  private readonly pool: pg.Pool;

  constructor(
    private readonly site: BenchSite,
    private readonly seed: ResourceSeed,
    private readonly marking: ServiceProcess,
  ) {
    this.pool = site.log.rawPool(1);
  }

  /** Resources that the site has told of, and that every view knows. */
  async resources(count: number, media: SiteResource['media']): Promise<readonly SiteResource[]> {
    const resources = await this.seed.report(count, { media, documents: true });
    await this.site.settled();
    return resources;
  }

  /** Marks and queues all, and waits until each is completed. Answers the milliseconds from the first mark on. */
  async send(sender: ServiceProcess, resources: readonly SiteResource[]): Promise<number> {
    const after = await this.position();
    const begun = performance.now();
    for (let from = 0; from < resources.length; from += BATCH) {
      const batch = resources.slice(from, from + BATCH);
      await markAll(this.site.client, this.marking, batch);
      const { results } = await this.site.client.call<Results>('POST', `${sender.url}/v1/transfers/queue`, {
        transfer_ids: batch.map(({ transferId }) => transferId),
      });
      const other = results.find(({ outcome }) => outcome !== 'queued');
      if (other !== undefined) throw new Error(`Not queued: ${other.outcome} ${other.code ?? ''}`);
    }
    await this.completed(resources.length, after);
    return performance.now() - begun;
  }

  /** Transfers a second of these, and how many a second the processors would allow if nothing waited. */
  async rates(
    sender: ServiceProcess,
    resources: readonly SiteResource[],
  ): Promise<{ readonly sent: number; readonly allowed: number }> {
    let ms = 0;
    const allowed = await processorLimit(async () => {
      ms = await this.send(sender, resources);
      return resources.length;
    });
    return { sent: (resources.length / ms) * 1000, allowed };
  }

  /** Facts that the log has of a transfer. */
  async facts({ transferId }: SiteResource): Promise<number> {
    const { rows } = await this.pool.query<{ facts: string }>(FACTS, [`transfer-${transferId}`]);
    return Number(rows[0]?.facts);
  }

  /** Seconds from the hub's acceptance of a transfer to its verified end, by the times in the log. */
  async seconds({ transferId }: SiteResource): Promise<number> {
    const { rows } = await this.pool.query<{ seconds: string }>(SECONDS, [`transfer-${transferId}`]);
    return Number(rows[0]?.seconds);
  }

  private async completed(count: number, after: number): Promise<void> {
    const deadline = performance.now() + SEND_LIMIT_MS;
    for (;;) {
      const { rows } = await this.pool.query<{ done: string; failed: string; failure: string | null }>(OUTCOMES, [
        after,
      ]);
      if (Number(rows[0]?.done) >= count) return;
      if (Number(rows[0]?.failed) > 0) throw new Error(`A transfer failed: ${rows[0]?.failure}`);
      if (performance.now() > deadline) throw new Error('The transfers do not come to their end.');
      await wait(LOOK_EVERY_MS);
    }
  }

  private async position(): Promise<number> {
    const { rows } = await this.pool.query<{ at: string }>('SELECT global_seq AS at FROM log.head');
    return Number(rows[0]?.at);
  }
}

const OUTCOMES = `SELECT count(*) FILTER (WHERE type = 'TransferCompleted') AS done,
  count(*) FILTER (WHERE type = 'TransferFailed') AS failed,
  max(data ->> 'code') FILTER (WHERE type = 'TransferFailed') AS failure FROM log.events WHERE global_seq > $1`;

const FACTS = 'SELECT count(*) AS facts FROM log.events WHERE stream_id = $1';

const SECONDS = `SELECT extract(epoch FROM max(recorded_at) FILTER (WHERE type = 'TransferCompleted')
  - min(recorded_at) FILTER (WHERE type = 'RegistrationAccepted')) AS seconds FROM log.events WHERE stream_id = $1`;

interface Results {
  readonly results: readonly { readonly outcome: string; readonly code?: string }[];
}
