import { connectBus } from '@hub-export/jetstream';
import { jetstream } from '@nats-io/jetstream';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { atMost } from '../report/goal.js';
import { median, quantile } from '../report/statistics.js';
import { times } from '../run/rates.runner.js';
import type { Row } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { BareSteps } from '../store/bare-steps.client.js';
import { DATA_TEXT } from '../store/requests.js';
import { RawRows } from '../store/raw-rows.table.js';

const STREAM = 'BENCH';
const SUBJECT = 'bench.raw';
/** How long the audit's views are left alone between two looks, in milliseconds: this much is measured too late at most. */
const LOOK_EVERY_MS = 1;

/** From the commit to the audit view, by relay, bus and audit-service, against commit, publish and consume alone. */
export const latencyAudit: Row = {
  name: 'latency.audit',
  async prepare(workbench) {
    const { seconds } = workbench.scale;
    const site = await BenchSite.prepare(workbench);
    const seed = new ResourceSeed(await site.log.pool('marking'));
    const pool = site.log.rawPool(2);
    await site.start('marking-service');
    await site.start('audit-service');
    await site.settled();
    const raw = await RawRows.create(pool);
    const steps = await BareSteps.over(pool, site.log.ownerUrl);
    workbench.atEnd(() => steps.close());
    const roundTrip = await rawRoundTrip(site.nats.url, (end) => workbench.atEnd(end));
    const measured = (name: string, once: () => Promise<unknown>) => async () =>
      quantiles(name, await times(seconds, once));
    return {
      contestants: [
        {
          name: 'commit to audit view',
          measure: measured('audit', async () => {
            await seed.report(1);
            await audited(pool);
          }),
        },
        {
          name: 'commit, publish, consume',
          measure: measured('raw', async () => {
            await raw.insert();
            await roundTrip();
          }),
        },
        {
          name: 'commit, publish, consume, commit',
          measure: measured('committed', async () => {
            await raw.insert();
            await roundTrip();
            await raw.insert();
          }),
        },
        {
          name: 'every step without its work',
          measure: measured('steps', async () => {
            await steps.committed();
            await roundTrip();
            await steps.audited();
            // The end is found out as it is of ours.
            await audited(pool);
          }),
        },
      ],
      comparisons: [
        { variant: 'p50', value: 'audit_p50', limit: 'raw_p50', unit: 'ms', goal: atMost(3) },
        { variant: 'p99', value: 'audit_p99', limit: 'raw_p99', unit: 'ms', goal: atMost(3) },
        // A view that survives a crash is a second commit, which the goal's limit does without.
        { variant: 'p50, beside two commits', value: 'audit_p50', limit: 'committed_p50', unit: 'ms' },
        { variant: 'p50, beside every step without its work', value: 'audit_p50', limit: 'steps_p50', unit: 'ms' },
        { variant: 'p99, beside every step without its work', value: 'audit_p99', limit: 'steps_p99', unit: 'ms' },
      ],
    };
  },
};

/** Waits until the audit's views hold the whole log. */
async function audited(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ end: string }>({ name: 'end', text: 'SELECT global_seq AS end FROM log.head' });
  for (;;) {
    const { rows: progress } = await pool.query<{ at: string }>({
      name: 'at',
      text: 'SELECT contiguous_to AS at FROM audit.progress',
    });
    if (Number(progress[0]?.at) >= Number(rows[0]?.end)) return;
    // Looking without a pause would take the better part of a processor from what is looked at.
    await wait(LOOK_EVERY_MS);
  }
}

/** One message published and acknowledged, then pulled, as its own consumer is given it, and acknowledged. */
async function rawRoundTrip(
  natsUrl: string,
  atEnd: (end: () => Promise<unknown>) => void,
): Promise<() => Promise<void>> {
  const bus = connectBus({ servers: natsUrl, name: 'bench-raw' });
  atEnd(() => bus.close());
  const client = jetstream(await bus.connection());
  const manager = await client.jetstreamManager();
  await manager.streams.add({ name: STREAM, subjects: [SUBJECT], storage: 'file' });
  await manager.consumers.add(STREAM, { durable_name: STREAM, ack_policy: 'explicit' });
  const consumer = await client.consumers.get(STREAM, STREAM);
  const messages = await consumer.consume();
  const incoming = messages[Symbol.asyncIterator]();
  return async () => {
    const arrived = incoming.next();
    await client.publish(SUBJECT, DATA_TEXT, { msgID: randomUUID() });
    const message = await arrived;
    if (message.done !== true) message.value.ack();
  };
}

function quantiles(name: string, ms: readonly number[]): Record<string, number> {
  return { [`${name}_p50`]: median(ms), [`${name}_p99`]: quantile(ms, 0.99) };
}
