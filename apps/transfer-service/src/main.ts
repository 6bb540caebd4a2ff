import 'reflect-metadata';
import { armCrashPoints } from '@hub-export/environment';
import { createHttpEdge, startOrExit } from '@hub-export/http-edge';
import { startTransferApp } from './app.server.js';
import { loadConfig } from './config.js';

await startOrExit(async () => {
  const config = loadConfig();
  armCrashPoints(process.env);
  await startTransferApp(config, createHttpEdge(config.edge), process.env);
});
