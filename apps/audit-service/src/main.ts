import 'reflect-metadata';
import { createHttpEdge, startOrExit } from '@hub-export/http-edge';
import { startAuditApp } from './app.server.js';
import { loadConfig } from './config.js';

await startOrExit(async () => {
  const config = loadConfig();
  await startAuditApp(config, createHttpEdge(config.edge));
});
