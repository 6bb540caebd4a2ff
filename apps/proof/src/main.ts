import 'reflect-metadata';
import { parseOptions } from './plan/options.js';
import { prove } from './prove.process.js';
import { closeAll } from './run/closing.process.js';

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // What was started is ended, whatever goes on.
  process.once(signal, () => void closeAll().finally(() => process.exit(130)));
}

try {
  process.exitCode = await prove(parseOptions(process.argv.slice(2), Date.now() % 1_000_000_000), process.env);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
