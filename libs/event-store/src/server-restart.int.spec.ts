import { startPostgres } from '@hub-export/local-servers';
import { jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from './errors.js';
import { migrateEventLog } from './migrate.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { openPool } from './postgres-pool.js';
import { readEverything } from './testing/event-store.contract.js';
import { event, request } from './testing/requests.js';

jest.setTimeout(120_000);

// Real: a PostgreSQL of its own, killed and started again.
describe('a database server that dies', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-restart-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('loses no answered command and doubles none, and the same store goes on when it is back', async () => {
    const options = { dataDir: join(folder, 'data'), durable: true };
    let server = await startPostgres(options);
    await migrateEventLog(server.url);
    const pool = openPool({ url: server.url, applicationName: 'survivor' });
    const store = new PostgresEventStore(pool);

    const asked = Array.from({ length: 400 }, () => request({ events: [event()] }));
    let isBack = false;
    let failures = 0;
    const answered = Promise.all(
      asked.map(async (each, place) => {
        // Some wait for the restart, so that the store is used before, during and after it.
        for (let tries = 0; tries < 10_000; tries += 1) {
          try {
            if (place % 2 === 0 || isBack) return await store.append(each);
          } catch (error) {
            if (!(error instanceof StoreUnavailable)) throw error;
            failures += 1;
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        throw new Error('The store never came back.');
      }),
    );
    await server.kill();
    server = await startPostgres({ ...options, port: server.port });
    isBack = true;

    const results = await answered;
    expect(results.every(({ outcome }) => outcome === 'appended' || outcome === 'repeated')).toBe(true);
    const events = await readEverything(store);
    expect(events.map(({ globalSeq }) => globalSeq)).toEqual(asked.map((_, place) => place + 1));
    expect(new Set(events.map(({ streamId }) => streamId))).toEqual(new Set(asked.map(({ streamId }) => streamId)));
    expect(failures).toBeGreaterThan(0);
    await pool.end();
    await server.stop();
  });
});
