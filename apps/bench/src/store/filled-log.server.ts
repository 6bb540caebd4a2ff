import type pg from 'pg';
import type { SiteResource } from '../site/snapshot.js';
import { multiply } from './multiplied.table.js';

/** The hash of the nth resource of a filled table, 64 hexadecimal digits. */
export const HASH_OF_N = `encode(sha256(convert_to('resource ' || n, 'UTF8')), 'hex')`;
/** The id of its transfer. */
export const TRANSFER_OF_N = `md5('transfer ' || n)::uuid`;

/**
 * Fills a log with copies of the whole life of one transfer that a real site has sent. Texts and order are those of real
 * events; only the hash chain is not that of the copies.
 * @returns the events in the log
 */
export async function fillLog(
  pool: pg.Pool,
  { hash, transferId, kind }: SiteResource,
  events: number,
  progress: (text: string) => void,
): Promise<number> {
  const pattern = `stream_id IN ('transfer-${transferId}', 'resource-${kind}-${hash}')`;
  const { rows } = await pool.query<{ length: string; end: string }>(
    `SELECT count(*) AS length, (SELECT max(global_seq) FROM log.events) AS end
     FROM log.events WHERE ${pattern}`,
  );
  const [length, end] = [Number(rows[0]?.length), Number(rows[0]?.end)];
  const renamed = (text: string): string =>
    `replace(replace(${text}, '${hash}', ${HASH_OF_N}), '${transferId}', ${TRANSFER_OF_N}::text)`;
  const lives = Math.ceil(events / length);
  await multiply(
    pool,
    {
      table: 'log.events',
      pattern,
      count: lives,
      differing: {
        // Lives follow each other, each in the order in which it happened.
        global_seq: `${end} + (n - 1) * ${length} + (SELECT count(*) FROM pattern_of_log_events q
          WHERE q.global_seq <= p.global_seq)`,
        stream_id: renamed('p.stream_id'),
        event_id: 'gen_random_uuid()',
        data: `${renamed('p.data::text')}::json`,
      },
    },
    progress,
  );
  await pool.query('UPDATE log.head SET global_seq = (SELECT max(global_seq) FROM log.events)');
  return end + lives * length;
}
