import 'reflect-metadata';
import { armCrashPoints } from '@hub-export/environment';
import { createHttpEdge, startOrExit } from '@hub-export/http-edge';
import { startAuditApp } from './app.server.js';
import { loadConfig } from './config.js';

await startOrExit(async () => {
  const config = loadConfig();
  armCrashPoints(process.env);
  await startAuditApp(config, createHttpEdge(config.edge));
});
