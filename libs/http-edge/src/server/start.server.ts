import { ConfigurationError } from '@hub-export/environment';
import { RuntimeException } from '@nestjs/core/errors/exceptions/runtime.exception.js';
import { errorFields } from '../log/error-fields.js';

/** Where a start that failed is told. */
export interface StartHost {
  readonly stderr: { write(text: string): unknown };
  exit(code: number): void;
}

/** Runs a service's `main`. One that cannot start says why, without values, and exits with code 1. */
export async function startOrExit(main: () => Promise<void>, host: StartHost = process): Promise<void> {
  try {
    await main();
  } catch (error) {
    host.stderr.write(`${told(error)}\n`);
    host.exit(1);
  }
}

/** Configuration faults and Nest's own wiring faults hold names of the code alone; other messages may hold values. */
function told(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof RuntimeException) return error.message;
  return JSON.stringify({ level: 'error', event: 'start_failed', ...errorFields(error) });
}
