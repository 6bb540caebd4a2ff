import { survivesLostConnections } from '@hub-export/event-store';
import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';

export interface SchemaMigrations {
  /** Of a user who owns the database. */
  readonly ownerUrl: string;
  /** The service's own schema: lower-case letters. */
  readonly schema: string;
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** Run each time before the migrations, e.g. to make a role; must bear being run again. */
  readonly before?: string;
  /** Run each time after them, e.g. to grant rights. */
  readonly after?: string;
}

/** Any number, the same for all who migrate a service’s schema, and no other lock of the database (the relay has 7205002). */
const MIGRATION_LOCK = 7_205_101;

/** Brings a service's schema up to its version. May be called by several processes at once, and again at every start. */
export async function migrateSchema({ ownerUrl, schema, migrations, before, after }: SchemaMigrations): Promise<void> {
  if (!/^[a-z]+$/.test(schema)) throw new RangeError('A schema is named by lower-case letters.');
  const owner = new pg.Client({ connectionString: ownerUrl });
  // A lost connection shows itself in the next query; without a listener it would end the process.
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    if (before !== undefined) await owner.query(before);
    await owner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    const source = new DataSource({
      type: 'postgres',
      url: ownerUrl,
      schema,
      migrationsTableName: 'migrations',
      migrations: [...migrations],
      extra: survivesLostConnections,
    });
    await source.initialize();
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await source.destroy();
    }
    if (after !== undefined) await owner.query(after);
  } finally {
    await owner.end();
  }
}
