import { atMost } from '../report/goal.js';
import { median } from '../report/statistics.js';
import { times } from '../run/rates.runner.js';
import type { Row } from '../run/workbench.server.js';
import { site } from './overview-page.bench.js';

const RESOURCES = 1_000;
const SAME_ROWS = {
  name: 'same rows',
  text: `SELECT json_agg(row_to_json(r)) AS rows FROM (
    SELECT r.*, s.state, t.state AS transfer FROM marking.resources r
    JOIN marking.resource_states s USING (resource_kind, resource_hash)
    LEFT JOIN marking.transfers t ON t.resource_hash = r.resource_hash AND t.resource_kind = r.resource_kind
    WHERE r.present ORDER BY r.created_at DESC) r`,
};

/** Everything lx-annotate's own page shows of 1,000 resources, against one query that reads the same rows as JSON. */
export const overviewCompat: Row = {
  name: 'overview.compat',
  async prepare(workbench) {
    const { seconds } = workbench.scale;
    const { client, url, pool } = await site(workbench, RESOURCES);
    return {
      contestants: [
        {
          name: 'overview',
          measure: async () => ({
            overview: median(await times(seconds, () => client.call('GET', `${url}/endoreg-api/hub-export/overview/`))),
          }),
        },
        {
          name: 'one query',
          measure: async () => ({ query: median(await times(seconds, () => pool.query(SAME_ROWS))) }),
        },
      ],
      comparisons: [{ value: 'overview', limit: 'query', unit: 'ms p50', goal: atMost(4) }],
    };
  },
};
