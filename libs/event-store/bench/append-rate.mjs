// Run by hand: `node libs/event-store/bench/append-rate.mjs <superuser url> [seconds]`, after a build.
// Prints appends per second for 64 concurrent single-event commands beside raw single-row INSERTs over 16 connections.
import { createServiceUser, migrateEventLog, openPool, PostgresEventStore } from '@hub-export/event-store';
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';

const [server, seconds = '5'] = process.argv.slice(2);
if (server === undefined) throw new Error('Which server? Give the URL of a superuser.');

const name = `rate_${randomBytes(4).toString('hex')}`;
const admin = new pg.Client({ connectionString: server });
await admin.connect();
await admin.query(`CREATE DATABASE ${name}`);
const url = new URL(server);
url.pathname = `/${name}`;

try {
  const settings = await admin.query(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync`,
  );
  console.log(`PostgreSQL ${settings.rows[0].version}, fsync ${settings.rows[0].fsync}`);
  await migrateEventLog(url.href);
  await prepareUser();
  const rounds = [];
  for (let round = 1; round <= 3; round += 1) {
    const raw = await rate(16, await rawInserts());
    const appended = await rate(64, await appends());
    rounds.push(appended / raw);
    console.log(
      `raw INSERTs, 16 connections: ${raw}/s · appends, 64 at once: ${appended}/s · ratio ${(appended / raw).toFixed(2)}`,
    );
  }
} finally {
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await admin.query(`DROP ROLE IF EXISTS ${name}`);
  await admin.end();
}

async function prepareUser() {
  const owner = new pg.Client({ connectionString: url.href });
  await owner.connect();
  await createServiceUser(owner, { role: 'transfer', name, password: 'rate' });
  await owner.query('CREATE TABLE raw_rows (id uuid PRIMARY KEY, body json NOT NULL)');
  await owner.end();
}

async function rawInserts() {
  const pool = new pg.Pool({ connectionString: url.href, max: 16 });
  const text = 'INSERT INTO raw_rows (id, body) VALUES ($1, $2)';
  return {
    once: () => pool.query({ name: 'raw', text, values: [randomUUID(), '{"attempt":1,"at":"2026-01-01T00:00:00Z"}'] }),
    end: () => pool.end(),
  };
}

async function appends() {
  const user = new URL(url);
  user.username = name;
  user.password = 'rate';
  const pool = openPool({ url: user.href, applicationName: 'append-rate' });
  const store = new PostgresEventStore(pool);
  return {
    once: () => {
      const id = randomUUID();
      return store.append({
        streamId: `transfer-${id}`,
        expectedVersion: 0,
        events: [{ id, type: 'TransferQueued', data: { attempt: 1, at: '2026-01-01T00:00:00Z' } }],
        command: { key: id, digest: 'rate' },
        correlationId: id,
        causationId: null,
      });
    },
    end: () => pool.end(),
  };
}

async function rate(workers, { once, end }) {
  const until = performance.now() + Number(seconds) * 1000;
  const started = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (performance.now() < until) {
        await once();
        count += 1;
      }
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  await end();
  return Math.round(count / elapsed);
}
