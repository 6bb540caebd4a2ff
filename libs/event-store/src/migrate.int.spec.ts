import { jest } from '@jest/globals';
import pg from 'pg';
import { migrateEventLog } from './migrate.js';
import { createServiceUser } from './service-user.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';

jest.setTimeout(30_000);

describe('migrating', () => {
  let log: FreshLog;
  beforeAll(async () => {
    log = await freshLog();
  });
  afterAll(() => log.drop());

  it('may be done by several processes at once, in one database and in several', async () => {
    const others = await Promise.all([freshLog(), freshLog(), freshLog()]);
    await Promise.all([log, log, ...others].map(({ url }) => migrateEventLog(url)));
    for (const each of others) await each.drop();
  });

  it('makes the writers what the contracts say, and nothing else', async () => {
    const before = await log.query('SELECT * FROM log.writers ORDER BY 1, 2');
    await log.query(`INSERT INTO log.writers VALUES ('hub_export_reader', 'TransferHeld')`);
    await log.query(`DELETE FROM log.writers WHERE event_type = 'TransferQueued'`);
    await migrateEventLog(log.url);
    expect(await log.query('SELECT * FROM log.writers ORDER BY 1, 2')).toEqual(before);
    expect(before.length).toBeGreaterThan(15);
  });

  it('gives a service user the password and the role it was given last, and no other', async () => {
    const name = `user_${Date.now()}`;
    const owner = new pg.Client({ connectionString: log.url });
    await owner.connect();
    const user = { role: 'marking', name } as const;
    const password = `it's a "secret"`;
    const owners = await Promise.all([1, 2, 3].map(() => new pg.Client({ connectionString: log.url }).connect()));
    await Promise.all(owners.map((each) => createServiceUser(each, { ...user, role: 'transfer', password })));
    await Promise.all(owners.map((each) => each.end()));
    await createServiceUser(owner, { ...user, password });
    const secret = await owner.query('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [name]);
    expect(secret.rows[0].rolpassword).toMatch(/^SCRAM-SHA-256/);
    const { rows } = await owner.query(
      `SELECT pg_has_role($1, 'hub_export_marking', 'USAGE') AS marks, pg_has_role($1, 'hub_export_transfer', 'USAGE') AS sends`,
      [name],
    );
    expect(rows).toEqual([{ marks: true, sends: false }]);
    await owner.query(`DROP ROLE ${name}`);
    await owner.end();
  });

  it('gives each service a schema of its own to keep its views in', async () => {
    const client = new pg.Client({ connectionString: log.urls.marking });
    await client.connect();
    await client.query('CREATE TABLE marking.row (id int)');
    await expect(client.query('CREATE TABLE transfer.row (id int)')).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });
});
