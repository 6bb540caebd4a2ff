import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type FreshDatabase, freshDatabase } from '@hub-export/testing';
import pg from 'pg';
import { migrateAudit } from './audit.migration.js';

// Real here: PostgreSQL.
jest.setTimeout(60_000);

let database: FreshDatabase;
let owner: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});

afterAll(async () => {
  await owner.end();
  await database.drop();
});

describe('the migration', () => {
  it('may be run by several at once, and again, and keeps what is recorded', async () => {
    await Promise.all([migrateAudit(database.url), migrateAudit(database.url), migrateAudit(database.url)]);
    await owner.query('UPDATE audit.progress SET seen_to = 7');
    await migrateAudit(database.url);
    expect((await owner.query('SELECT seen_to FROM audit.progress')).rows).toEqual([{ seen_to: '7' }]);
  });

  it('lets the service add to the record and rebuild its views, and nothing else', async () => {
    const { rows } = await owner.query<{ table_name: string; rights: string }>(`
      SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type) AS rights
      FROM information_schema.role_table_grants WHERE table_schema = 'audit' AND grantee = 'hub_export_audit'
      GROUP BY table_name ORDER BY table_name`);
    const all = 'DELETE INSERT SELECT TRUNCATE UPDATE';
    expect(Object.fromEntries(rows.map(({ table_name, rights }) => [table_name, rights]))).toEqual({
      accesses: 'INSERT SELECT',
      actions: all,
      checkpoint_keys: 'INSERT SELECT',
      checkpoints: 'INSERT SELECT',
      entries: 'INSERT SELECT',
      findings: 'INSERT SELECT',
      progress: 'SELECT UPDATE',
      recheck: 'SELECT UPDATE',
      resources: all,
      transfer_actors: all,
      transfers: all,
      tree_tiles: 'INSERT SELECT',
    });
    const { rows: schema } = await owner.query(
      `SELECT has_schema_privilege('hub_export_audit', 'audit', 'CREATE') AS may_create`,
    );
    expect(schema).toEqual([{ may_create: false }]);
  });
});
