import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import { PostgresAppendSignal } from './postgres-append-signal.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { openPool } from './postgres-pool.js';
import { freshLog } from './testing/fresh-log.server.js';
import { request } from './testing/requests.js';

jest.setTimeout(30_000);

describe('the signal of the log', () => {
  it('wakes its subscribers at each append, and goes on after its connection was cut', async () => {
    const log = await freshLog();
    const pool = openPool({ url: log.urls.transfer, applicationName: 'store' });
    const store = new PostgresEventStore(pool);
    const signal = new PostgresAppendSignal(log.urls.marking);
    let woken = 0;
    signal.subscribe(() => (woken += 1));

    signal.start();
    // Once for beginning to listen, since something may have come before.
    await eventually(() => woken === 1, { what: 'it listens' });
    await store.append(request());
    await eventually(() => woken === 2, { what: 'it tells of the append', withinMs: 3_000 });
    await log.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'hub-export log signal'`,
    );
    await eventually(() => woken === 3, { what: 'it listens again' });
    await store.append(request());
    await eventually(() => woken === 4, { what: 'it tells of the append', withinMs: 3_000 });

    await signal.stop();
    await pool.end();
    await log.drop();
  });
});
