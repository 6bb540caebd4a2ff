import type pg from 'pg';
import { median, quantile } from '../report/statistics.js';
import { filledAudit } from '../rows/audit-page.bench.js';
import { markingViews } from '../rows/rebuild.bench.js';
import { times, timeOf } from '../run/rates.runner.js';
import type { Workbench } from '../run/workbench.server.js';
import type { BenchSite } from '../site/bench-site.server.js';
import { siteWithOneTransfer } from '../site/one-transfer.service.js';
import { fillLog } from '../store/filled-log.server.js';
import { singleEvent } from '../store/requests.js';
import { randomUUID } from 'node:crypto';
import { PostgresEventStore } from '@hub-export/event-store';
import { costsOf, growthTable, type SizeFigures } from './growth.js';

/** Events of the log; the last is what a site with a backlog of 20,000 resources comes to. */
const SIZES = [2_000, 20_000, 200_000];

/** What is measured at each size, with its unit, in the table's order. */
const UNITS = {
  'log on disk': 'bytes an event',
  'marking-service’s views on disk': 'bytes a resource',
  'audit’s record on disk': 'bytes an event',
  'bus on disk': 'bytes an event',
  'append, one at a time, p50': 'ms',
  'marking-service from start to ready': 's',
  'bus filled anew from the log': 'events/s',
  'views built anew from the log': 'events/s',
  'first page of exportable resources, p95': 'ms',
  'page of the audit, p95': 'ms',
} as const;

/** How each cost grows with the log, as a table. */
export async function measureGrowth(workbench: Workbench, progress: (text: string) => void): Promise<string> {
  const figures: SizeFigures[] = [];
  const sizes = SIZES.map((size) => size * workbench.scale.size);
  for (const size of sizes) {
    progress(`growth: ${size} events`);
    try {
      figures.push({ ...(await logAt(workbench, size)), ...(await auditAt(workbench, size)) });
    } finally {
      await workbench.clearUp();
    }
  }
  return growthTable(sizes, costsOf(UNITS, figures));
}

async function logAt(workbench: Workbench, size: number): Promise<SizeFigures> {
  const { site, resource } = await siteWithOneTransfer(workbench);
  const owner = site.log.rawPool(2);
  const events = await fillLog(owner, resource, size, workbench.progress);
  const store = new PostgresEventStore(await site.log.pool('transfer'));
  const runner = await markingViews(workbench, site);
  const rebuiltMs = await timeOf(async () => void (await runner.rebuild()));
  const lives = await numberOf(owner, 'SELECT count(*) AS number FROM marking.transfers');
  const begun = performance.now();
  const marking = await site.start('marking-service');
  const readyMs = performance.now() - begun;
  const before = await bus(site);
  const filledMs = await timeOf(() => site.published());
  const after = await bus(site);
  const appends = await times(workbench.scale.seconds, () => store.append(singleEvent(randomUUID())));
  const page = `${marking.url}/v1/resources?view=all&limit=50`;
  const pages = await times(workbench.scale.seconds, () => site.client.call('GET', page));
  return {
    'log on disk': (await sizeOf(owner, 'log.events')) / events,
    'marking-service’s views on disk': (await sizeOf(owner, 'marking.')) / lives,
    'bus on disk': after.bytes / after.messages,
    'append, one at a time, p50': median(appends),
    'marking-service from start to ready': readyMs / 1000,
    // A small log is on the bus before the service says that it is ready; then nothing was measured.
    'bus filled anew from the log':
      after.messages > before.messages ? ((after.messages - before.messages) / filledMs) * 1000 : NaN,
    'views built anew from the log': (events / rebuiltMs) * 1000,
    'first page of exportable resources, p95': quantile(pages, 0.95),
  };
}

async function auditAt(workbench: Workbench, size: number): Promise<SizeFigures> {
  const { pool, ask } = await filledAudit(workbench, size);
  const pages = await times(workbench.scale.seconds, () => ask());
  return {
    'audit’s record on disk': (await sizeOf(pool, 'audit.')) / size,
    'page of the audit, p95': quantile(pages, 0.95),
  };
}

/** Bytes of a table with its indexes, or of all tables whose name begins so. */
function sizeOf(pool: pg.Pool, name: string): Promise<number> {
  return numberOf(
    pool,
    `SELECT coalesce(sum(pg_total_relation_size(oid)), 0) AS number FROM pg_class
     WHERE relkind = 'r' AND starts_with(relnamespace::regnamespace || '.' || relname, $1)`,
    [name],
  );
}

async function numberOf(pool: pg.Pool, sql: string, values: readonly string[] = []): Promise<number> {
  const { rows } = await pool.query<{ number: string }>(sql, [...values]);
  return Number(rows[0]?.number);
}

async function bus(site: BenchSite): Promise<{ readonly messages: number; readonly bytes: number }> {
  const state = await site.busState();
  return { messages: state?.messages ?? 0, bytes: state?.bytes ?? 0 };
}
