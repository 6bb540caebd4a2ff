import { mkdtemp, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One PostgreSQL for the whole run, and a nats-server to start from: what integration specs find in
 * HUB_EXPORT_TEST_DATABASE_URL and NATS_SERVER_BIN. Both may be set beforehand, to use one's own.
 */
export default async function setUp() {
  const { findNatsServer, startPostgres } = await builtLibrary();
  if (!process.env.NATS_SERVER_BIN) {
    const server = await findNatsServer({ onProgress: (text) => console.log(text) });
    process.env.NATS_SERVER_BIN = server.path;
  }
  if (process.env.HUB_EXPORT_TEST_DATABASE_URL) return;
  const folder = await mkdtemp(join(tmpdir(), 'hub-export-test-'));
  // PostgreSQL may run as another user than we do, and has to reach its folder inside.
  await chmod(folder, 0o755);
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  process.env.HUB_EXPORT_TEST_DATABASE_URL = postgres.url;
  globalThis.hubExportTestRun = { postgres, folder };
}

async function builtLibrary() {
  try {
    return await import('./libs/local-servers/dist/index.js');
  } catch (cause) {
    throw new Error('The test run needs the built libs/local-servers: run "npm run build" first.', { cause });
  }
}
