import type pg from 'pg';
import { atMost } from '../report/goal.js';
import { median, quantile } from '../report/statistics.js';
import { times } from '../run/rates.runner.js';
import type { Row, Workbench } from '../run/workbench.server.js';
import { siteWithOneTransfer } from '../site/one-transfer.service.js';
import { HASH_OF_N, TRANSFER_OF_N } from '../store/filled-log.server.js';
import { multiply } from '../store/multiplied.table.js';

const LARGE = 10_000_000;
const SMALL = 100_000;
/** The copies begin behind what the site itself recorded. */
const BASE = 1_000;
const EVENTS_A_LIFE = 7;
/** The copies bear no chain, so reading them again would find fault with every one. */
const NO_RECHECK = { RECHECK_ENTRIES_PER_SECOND: '0' };

/** Filtered pages of a very long audit, against those of a short one. */
export const auditPage: Row = {
  name: 'audit.page',
  async prepare(workbench) {
    const share = workbench.scale.size;
    const large = await filledAudit(workbench, LARGE * share);
    const small = await filledAudit(workbench, SMALL * share);
    return {
      contestants: [
        { name: `${LARGE * share} events`, measure: () => pages('large', () => large.ask()) },
        { name: `${SMALL * share} events`, measure: () => pages('small', () => small.ask()) },
      ],
      comparisons: [
        { variant: 'p50', value: 'large_p50', limit: 'small_p50', unit: 'ms', goal: atMost(1.5) },
        { variant: 'p95', value: 'large_p95', limit: 'small_p95', unit: 'ms', goal: atMost(2) },
      ],
    };

    async function pages(name: string, ask: () => Promise<unknown>): Promise<Record<string, number>> {
      const ms = await times(workbench.scale.seconds * 2, ask);
      return { [`${name}_p50`]: median(ms), [`${name}_p95`]: quantile(ms, 0.95) };
    }
  },
};

interface FilledAudit {
  /** The audit's tables, as their owner. */
  readonly pool: pg.Pool;
  /** Asks the service for one page: by default each time another kind of question. */
  readonly ask: (kind?: number) => Promise<unknown>;
}

/** An audit of so many events behind a real service. */
export async function filledAudit(workbench: Workbench, count: number): Promise<FilledAudit> {
  const { site } = await siteWithOneTransfer(workbench);
  const pool = site.log.rawPool(2);
  const pattern = `global_seq = (SELECT max(global_seq) FROM audit.actions WHERE type = 'TransferCompleted')`;
  const life = `((n - 1) / ${EVENTS_A_LIFE})`;
  const ofLife = (expression: string): string => expression.replace(/\bn\b/g, life);
  await multiply(
    pool,
    {
      table: 'audit.entries',
      pattern,
      count,
      differing: {
        global_seq: `${BASE} + n`,
        event_id: 'md5(n::text)',
        stream_id: `'transfer-' || ${ofLife(TRANSFER_OF_N)}`,
      },
    },
    workbench.progress,
  );
  await multiply(
    pool,
    {
      table: 'audit.actions',
      pattern,
      count,
      differing: {
        global_seq: `${BASE} + n`,
        recorded_at: `p.recorded_at + n * interval '1 second'`,
        type: `(ARRAY['ResourceReported', 'ResourceMarked', 'TransferQueued', 'RegistrationStarted',
          'RegistrationAccepted', 'UploadStarted', 'TransferCompleted'])[1 + n % ${EVENTS_A_LIFE}]`,
        actor: `CASE n % 3 WHEN 0 THEN 'system:sender' ELSE 'user:operator-' || (n / ${EVENTS_A_LIFE}) % 50 END`,
        transfer_id: ofLife(TRANSFER_OF_N),
        resource_hash: ofLife(HASH_OF_N),
        center_key: `'center-' || (n / ${EVENTS_A_LIFE}) % 20`,
      },
    },
    workbench.progress,
  );
  const end = BASE + count;
  await pool.query('UPDATE audit.progress SET contiguous_to = $1, seen_to = $1', [end]);
  const { rows } = await pool.query<{ begin: Date; end: Date }>(
    'SELECT min(recorded_at) AS begin, max(recorded_at) AS end FROM audit.actions',
  );
  const service = await site.start('audit-service', NO_RECHECK);
  const [begin = 0, last = 0] = [rows[0]?.begin.getTime(), rows[0]?.end.getTime()];
  let asked = 0;
  const ask = (kind?: number): Promise<unknown> => {
    asked += 1;
    const moment = new Date(begin + ((last - begin) * ((asked * 37) % 100)) / 100).toISOString();
    const questions = [
      { type: 'TransferCompleted' },
      { actor: `user:operator-${asked % 50}` },
      { center: `center-${asked % 20}`, from: moment },
      { actor: `user:operator-${asked % 50}`, from: moment },
      { type: 'UploadStarted', from: moment },
    ];
    const question = new URLSearchParams({ limit: '50', ...questions[(kind ?? asked) % questions.length] });
    return site.client.call('GET', `${service.url}/v1/audit/events?${question.toString()}`);
  };
  return { pool, ask };
}
