import { randomUUID } from 'node:crypto';
import { PostgresEventStore } from '@hub-export/event-store';
import type pg from 'pg';
import { singleEvent } from './requests.js';

const LANES = 200;

/** Appends so many small events, each on a stream of its own. */
export async function appendMany(pool: pg.Pool, count: number): Promise<void> {
  const store = new PostgresEventStore(pool);
  let left = count;
  await Promise.all(
    Array.from({ length: Math.min(LANES, count) }, async () => {
      while (left > 0) {
        left -= 1;
        await store.append(singleEvent(randomUUID()));
      }
    }),
  );
}
