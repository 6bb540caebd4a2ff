import { rm } from 'node:fs/promises';

/** Ends what jest.global-setup.mjs started, and nothing that was there before. */
export default async function tearDown() {
  const run = globalThis.hubExportTestRun;
  if (!run) return;
  await run.postgres.stop();
  await rm(run.folder, { recursive: true, force: true });
}
