import 'reflect-metadata';
import { createHttpEdge, startOrExit } from '@hub-export/http-edge';
import { startPageServer } from './app.server.js';
import { loadConfig } from './config.js';

await startOrExit(async () => {
  const config = loadConfig();
  await startPageServer(config, createHttpEdge(config.edge));
});
