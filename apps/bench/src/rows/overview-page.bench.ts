import { atMost } from '../report/goal.js';
import { quantile } from '../report/statistics.js';
import { times } from '../run/rates.runner.js';
import type { Row, Workbench } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { HASH_OF_N } from '../store/filled-log.server.js';
import { multiply } from '../store/multiplied.table.js';

const LARGE = 100_000;
const SMALL = 1_000;

const FIRST_PAGE = '?view=exportable&limit=50';
/** What an operator changes: the view, the kind, the order, what is looked for; the counts follow each change. */
const CHANGES = [
  '?view=all&limit=50',
  '?view=exportable&kind=report&limit=50',
  '?view=completed&limit=50',
  '?view=exportable&sort=anonymization_state&limit=50',
  '?view=all&sort=center&direction=desc&limit=50',
  '?view=exportable&q=ab12&limit=50',
  '?view=all&q=4711&limit=50',
  '/counts',
];
/** How long an operator waits for a changed filter at most, in milliseconds. */
const CHANGE_MS_MAX = 300;

function inTurn(items: readonly string[]): () => string {
  let place = 0;
  return () => items[place++ % items.length] ?? '';
}

/** The first page of what can be exported at a site with very many resources, against one with few. */
export const overviewPage: Row = {
  name: 'overview.page',
  async prepare(workbench) {
    const share = workbench.scale.size;
    const large = await site(workbench, LARGE * share);
    const small = await site(workbench, Math.max(100, SMALL * share));
    const p95 = async ({ client, url }: Filled, next: () => string): Promise<number> =>
      quantile(
        await times(workbench.scale.seconds * 2, () => client.call('GET', `${url}/v1/resources${next()}`)),
        0.95,
      );
    const first = () => FIRST_PAGE;
    const changed = inTurn(CHANGES);
    return {
      contestants: [
        { name: `${LARGE * share} resources`, measure: async () => ({ large: await p95(large, first) }) },
        {
          name: `${Math.max(100, SMALL * share)} resources`,
          measure: async () => ({ small: await p95(small, first) }),
        },
        {
          name: `a filter changed at ${LARGE * share} resources`,
          measure: async () => ({ changed: await p95(large, changed), bound: CHANGE_MS_MAX }),
        },
      ],
      comparisons: [
        { variant: 'p95', value: 'large', limit: 'small', unit: 'ms', goal: atMost(1.5) },
        { variant: 'filter changed, p95', value: 'changed', limit: 'bound', unit: 'ms', goal: atMost(1) },
      ],
    };
  },
};

type Filled = Awaited<ReturnType<typeof site>>;

/** A site of so many resources behind a real marking-service. */
export async function site(workbench: Workbench, count: number) {
  const made = await BenchSite.prepare(workbench);
  const pool = made.log.rawPool(2);
  const seed = new ResourceSeed(await made.log.pool('marking'));
  await seed.report(1);
  const { url } = await made.start('marking-service');
  await made.settled();
  const copies = { pattern: 'true', count: count - 1 };
  await multiply(
    pool,
    {
      table: 'marking.resources',
      ...copies,
      differing: {
        resource_hash: HASH_OF_N,
        number: 'p.number + n',
        created_at: `p.created_at - n * interval '1 minute'`,
      },
    },
    workbench.progress,
  );
  await multiply(
    pool,
    {
      table: 'marking.resource_states',
      ...copies,
      differing: {
        resource_hash: HASH_OF_N,
        state: `replace(p.state::text, p.resource_hash, ${HASH_OF_N})::jsonb`,
      },
    },
    workbench.progress,
  );
  return { client: made.client, url, pool };
}
