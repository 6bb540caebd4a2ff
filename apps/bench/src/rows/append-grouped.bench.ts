import { PostgresEventStore } from '@hub-export/event-store';
import { randomUUID } from 'node:crypto';
import { atLeast } from '../report/goal.js';
import { rate } from '../run/rates.runner.js';
import type { Row } from '../run/workbench.server.js';
import { benchLog } from '../store/log.server.js';
import { RawRows } from '../store/raw-rows.table.js';
import { singleEvent } from '../store/requests.js';

/** 64 concurrent commands of one event each, against rows that bear no order, no chain and no key. */
export const appendGrouped: Row = {
  name: 'append.grouped',
  async prepare(workbench) {
    const { seconds } = workbench.scale;
    const log = await benchLog(workbench);
    const store = new PostgresEventStore(await log.pool('transfer'));
    const raw = await RawRows.create(log.rawPool(16));
    return {
      contestants: [
        {
          name: '64 appends at once',
          measure: async () => ({ appends: await rate(64, seconds, () => store.append(singleEvent(randomUUID()))) }),
        },
        {
          name: 'raw INSERTs, 16 connections',
          measure: async () => ({ inserts: await rate(16, seconds, () => raw.insert()) }),
        },
      ],
      comparisons: [{ value: 'appends', limit: 'inserts', unit: 'events/s', goal: atLeast(1) }],
    };
  },
};
