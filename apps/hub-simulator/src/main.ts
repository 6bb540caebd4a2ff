import { loadConfig } from './config.js';
import { startHubSimulator } from './simulator.server.js';

const running = await startHubSimulator(loadConfig());
console.log(JSON.stringify({ event: 'hub-simulator-ready', url: running.url, control_url: running.controlUrl }));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void running.close().then(() => process.exit(0));
  });
}
