import { PostgresEventStore } from '@hub-export/event-store';
import { randomUUID } from 'node:crypto';
import { atMost } from '../report/goal.js';
import { median } from '../report/statistics.js';
import { times } from '../run/rates.runner.js';
import type { Row } from '../run/workbench.server.js';
import { benchLog } from '../store/log.server.js';
import { RawRows } from '../store/raw-rows.table.js';
import { singleEvent } from '../store/requests.js';

/** One command at a time, against one INSERT at a time. */
export const appendLatency: Row = {
  name: 'append.latency',
  async prepare(workbench) {
    const { seconds } = workbench.scale;
    const log = await benchLog(workbench);
    const store = new PostgresEventStore(await log.pool('transfer'));
    const raw = await RawRows.create(log.rawPool(1));
    return {
      contestants: [
        {
          name: 'appends one at a time',
          measure: async () => ({
            append: median(await times(seconds, () => store.append(singleEvent(randomUUID())))),
          }),
        },
        {
          name: 'raw INSERTs one at a time',
          measure: async () => ({ insert: median(await times(seconds, () => raw.insert())) }),
        },
      ],
      comparisons: [{ value: 'append', limit: 'insert', unit: 'ms p50', goal: atMost(2.5) }],
    };
  },
};
