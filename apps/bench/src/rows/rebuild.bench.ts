import { PostgresEventStore, type Projection, PROJECTION_BATCH, ProjectionRunner } from '@hub-export/event-store';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ROOT } from '../config.js';
import { atLeast } from '../report/goal.js';
import { timeOf } from '../run/rates.runner.js';
import type { Row, Workbench } from '../run/workbench.server.js';
import type { BenchSite } from '../site/bench-site.server.js';
import { siteWithOneTransfer } from '../site/one-transfer.service.js';
import { fillLog } from '../store/filled-log.server.js';

/** A round; five of them, and the warm-up, read more than a million. */
const EVENTS = 200_000;
const VIEW_TABLES = `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'marking'`;
const VIEW = join(ROOT, 'apps/marking-service/dist/view');

/** marking-service's views emptied and filled again from the log, against reading the same events and doing nothing. */
export const rebuild: Row = {
  name: 'rebuild',
  async prepare(workbench) {
    const { site, resource } = await siteWithOneTransfer(workbench);
    const owner = site.log.rawPool(2);
    const events = await fillLog(owner, resource, EVENTS * workbench.scale.size, workbench.progress);
    const runner = await markingViews(workbench, site);
    const store = new PostgresEventStore(await site.log.pool('marking'));
    return {
      contestants: [
        {
          name: 'rebuild of the views',
          measure: async () => {
            const ms = await timeOf(async () => {
              const { applied } = await runner.rebuild();
              if (applied !== events) throw new Error(`${applied} events were applied, not ${events}.`);
            });
            return { rebuilt: (events / ms) * 1000 };
          },
        },
        {
          name: 'the same events read, and the same lines written by the database alone',
          measure: async () => {
            const reading = await timeOf(() => readAll(store));
            const writing = await timeOfLines(owner);
            return { read: (events / reading) * 1000, read_and_written: (events / (reading + writing)) * 1000 };
          },
        },
        {
          name: 'COPY to nowhere',
          measure: async () => ({ copied: (events / (await timeOf(() => copyToNowhere(site.log.ownerUrl)))) * 1000 }),
        },
      ],
      comparisons: [
        { value: 'rebuilt', limit: 'copied', unit: 'events/s', goal: atLeast(0.45) },
        { variant: 'beside reading them', value: 'rebuilt', limit: 'read', unit: 'events/s' },
        {
          variant: 'beside reading them and one INSERT of the same lines',
          value: 'rebuilt',
          limit: 'read_and_written',
          unit: 'events/s',
        },
      ],
    };
  },
};

/** The runner of marking-service's views over a site's log, in this process. */
export async function markingViews(workbench: Workbench, site: BenchSite): Promise<ProjectionRunner> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url: await site.log.urlOf('marking'),
    entities: (await built('view.entity.js'))['VIEW_ENTITIES'] as (new () => object)[],
  }).initialize();
  workbench.atEnd(() => dataSource.destroy());
  const MarkingProjection = (await built('marking.projection.js'))['MarkingProjection'] as new () => Projection;
  return new ProjectionRunner({
    store: new PostgresEventStore(await site.log.pool('marking')),
    dataSource,
    projection: new MarkingProjection(),
  });
}

/** A module of marking-service as it was built: apps have no face for others, and this is its very code. */
async function built(file: string): Promise<Record<string, unknown>> {
  return (await import(join(VIEW, file))) as Record<string, unknown>;
}

/** Reads what a rebuild reads, in the same batches. */
async function readAll(store: PostgresEventStore): Promise<void> {
  let place = 0;
  for (let events = await store.readAll(0, PROJECTION_BATCH); events.length > 0;) {
    place = events.at(-1)?.globalSeq ?? place;
    events = await store.readAll(place, PROJECTION_BATCH);
  }
}

/**
 * How long the database takes to write the lines of all views once more, into tables with the same rules and indexes:
 * one statement each, in one transaction, and nothing goes over the line. In milliseconds.
 */
async function timeOfLines(owner: pg.Pool): Promise<number> {
  const { rows } = await owner.query<{ name: string }>(VIEW_TABLES);
  const tables = rows.map(({ name }) => name);
  const client = await owner.connect();
  try {
    await client.query('BEGIN');
    for (const [place, table] of tables.entries())
      await client.query(`CREATE TABLE log.copy_${place} (LIKE ${table} INCLUDING ALL)`);
    const begun = performance.now();
    for (const [place, table] of tables.entries())
      await client.query(`INSERT INTO log.copy_${place} SELECT * FROM ${table}`);
    await client.query('COMMIT');
    return performance.now() - begun;
  } finally {
    for (const place of tables.keys()) await client.query(`DROP TABLE IF EXISTS log.copy_${place}`);
    client.release();
  }
}

/** Reads what a rebuild reads, and lets the driver throw it away. */
async function copyToNowhere(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('COPY (SELECT * FROM log.events ORDER BY global_seq) TO STDOUT');
  await client.end();
}
