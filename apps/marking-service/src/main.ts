import 'reflect-metadata';
import { armCrashPoints } from '@hub-export/environment';
import { createHttpEdge, startOrExit } from '@hub-export/http-edge';
import { startMarkingApp } from './app.server.js';
import { loadConfig } from './config.js';

await startOrExit(async () => {
  const config = loadConfig();
  armCrashPoints(process.env);
  await startMarkingApp(config, createHttpEdge(config.edge));
});
