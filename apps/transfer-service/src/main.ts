import 'reflect-metadata';
import { createHttpEdge, startOrExit } from '@hub-export/http-edge';
import { startTransferApp } from './app.server.js';
import { loadConfig } from './config.js';

await startOrExit(async () => {
  const config = loadConfig();
  await startTransferApp(config, createHttpEdge(config.edge), process.env);
});
