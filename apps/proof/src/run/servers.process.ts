import { findNatsServer, type PostgresServer, startPostgres } from '@hub-export/local-servers';
import { closing } from './closing.process.js';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What all sites of a run share: one PostgreSQL, and a folder for what Node compiled. */
export interface Servers {
  readonly compileCache: string;
  /** Stops PostgreSQL as a restart of its machine would, and starts it again on its port. */
  restartPostgres(): Promise<void>;
  close(): Promise<void>;
}

/** Starts them, and says where they are as a run of the tests does. */
export async function startServers(environment: NodeJS.ProcessEnv): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-export-proof-'));
  // PostgreSQL may run as another user than we do, and has to reach its folder inside.
  await chmod(folder, 0o755);
  environment['NATS_SERVER_BIN'] ??= (await findNatsServer({ onProgress: (text: string) => console.log(text) })).path;
  const dataDir = join(folder, 'postgres');
  let postgres: PostgresServer = await startPostgres({ dataDir, durable: false });
  environment['HUB_EXPORT_TEST_DATABASE_URL'] = postgres.url;
  return {
    compileCache: join(folder, 'compiled'),
    async restartPostgres() {
      const { port } = postgres;
      await postgres.kill();
      postgres = await startPostgres({ dataDir, durable: false, port });
    },
    close: closing(async () => {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    }),
  };
}
