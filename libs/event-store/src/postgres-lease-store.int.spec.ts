import { jest } from '@jest/globals';
import { PostgresLeaseStore } from './postgres-lease-store.js';
import { openPool } from './postgres-pool.js';
import { freshLog } from './testing/fresh-log.server.js';
import { describeLeaseStore } from './testing/lease-store.contract.js';

jest.setTimeout(30_000);

describeLeaseStore('PostgreSQL', async () => {
  const log = await freshLog();
  const pool = openPool({ url: log.urls.transfer, applicationName: 'leases' });
  return {
    leases: new PostgresLeaseStore(pool),
    async expire(name) {
      await log.query(`UPDATE log.leases SET expires_at = clock_timestamp() WHERE name = $1`, [name]);
    },
    async close() {
      await pool.end();
      await log.drop();
    },
  };
});
