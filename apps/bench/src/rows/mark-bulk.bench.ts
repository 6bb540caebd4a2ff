import { PostgresEventStore } from '@hub-export/event-store';
import { randomUUID } from 'node:crypto';
import { atLeast } from '../report/goal.js';
import { rate } from '../run/rates.runner.js';
import { rateAndLimit } from '../run/usage.process.js';
import type { Row } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';
import { markAll } from '../site/marks.client.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { benchLog } from '../store/log.server.js';
import { singleEvent } from '../store/requests.js';
import { RawRows } from '../store/raw-rows.table.js';

const BATCH = 200;
/** More than any machine marks a second. */
const MARKS_A_SECOND_MAX = 4_000;

/** 200 resources in one request, again and again, against 200 rows in one INSERT from one JSON text. */
export const markBulk: Row = {
  name: 'mark.bulk',
  async prepare(workbench) {
    const { seconds, rounds } = workbench.scale;
    const site = await BenchSite.prepare(workbench);
    const raw = await RawRows.create(site.log.rawPool(1));
    const seed = new ResourceSeed(await site.log.pool('marking'));
    workbench.progress('mark.bulk: reporting resources');
    const unmarked = [...(await seed.report((rounds + 1) * (seconds * MARKS_A_SECOND_MAX + BATCH)))];
    const appends = new PostgresEventStore(await (await benchLog(workbench)).pool('transfer'));
    const marking = await site.start('marking-service');
    await site.settled();
    const mark = (): Promise<void> => markAll(site.client, marking, unmarked.splice(-BATCH));
    return {
      contestants: [
        {
          name: '200 marks a request',
          measure: async () => {
            const { rate: marks, allowed } = await rateAndLimit(async () => BATCH * (await rate(1, seconds, mark)));
            return { marks, processors: allowed };
          },
        },
        // Each mark is an event with its order, its chain and its key: no mark is faster than these.
        {
          name: '200 appends at once',
          measure: async () => ({
            appends: await rate(BATCH, seconds, () => appends.append(singleEvent(randomUUID()))),
          }),
        },
        {
          name: '200 rows an INSERT',
          measure: async () => ({ rows: BATCH * (await rate(1, seconds, () => raw.insertBatch(BATCH))) }),
        },
      ],
      comparisons: [
        { value: 'marks', limit: 'rows', unit: 'marks/s', goal: atLeast(0.3) },
        { variant: 'beside appends', value: 'marks', limit: 'appends', unit: 'marks/s' },
        { variant: 'of what the processors allow', value: 'marks', limit: 'processors', unit: 'marks/s' },
      ],
    };
  },
};
