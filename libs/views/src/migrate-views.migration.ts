import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';

export interface ViewMigrations {
  /** Of a user who owns the database. */
  readonly ownerUrl: string;
  /** The service's own schema: lower-case letters. */
  readonly schema: string;
  readonly migrations: readonly (new () => MigrationInterface)[];
}

/** Any number, the same for all who migrate views. */
const MIGRATION_LOCK = 7_205_002;

/** Brings a service's schema up to its version. May be called by several processes at once, and again at every start. */
export async function migrateViews({ ownerUrl, schema, migrations }: ViewMigrations): Promise<void> {
  if (!/^[a-z]+$/.test(schema)) throw new RangeError('A schema is named by lower-case letters.');
  const owner = new pg.Client({ connectionString: ownerUrl });
  // A lost connection shows itself in the next query; without a listener it would end the process.
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await owner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    const source = new DataSource({
      type: 'postgres',
      url: ownerUrl,
      schema,
      migrationsTableName: 'migrations',
      migrations: [...migrations],
    });
    await source.initialize();
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await source.destroy();
    }
  } finally {
    await owner.end();
  }
}
