import 'reflect-metadata';
import { createHttpEdge, startOrExit } from '@hub-export/http-edge';
import { startMarkingApp } from './app.server.js';
import { loadConfig } from './config.js';

await startOrExit(async () => {
  const config = loadConfig();
  await startMarkingApp(config, createHttpEdge(config.edge));
});
