import { ConfigurationError } from '@hub-export/environment';
import { Command, CommanderError } from 'commander';
import { addAudit } from './commands/audit.command.js';
import { addDemo } from './commands/demo.command.js';
import { addEgress } from './commands/egress.command.js';
import { addMigrate } from './commands/migrate.command.js';
import { addNodes } from './commands/nodes.command.js';
import { addParked } from './commands/parked.command.js';
import { addReadiness } from './commands/readiness.command.js';
import { addStart } from './commands/start.command.js';
import { addToken } from './commands/token.command.js';
import { addTransfers } from './commands/transfers.command.js';
import { addVerify } from './commands/verify.command.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** All commands. */
export function buildProgram(): Command {
  const program = new Command('hub-export')
    .description('Runs and operates a Hub Export site.')
    .showHelpAfterError('Add --help for what there is.');
  for (const add of [
    addDemo,
    addStart,
    addToken,
    addMigrate,
    addNodes,
    addTransfers,
    addReadiness,
    addEgress,
    addParked,
    addAudit,
    addVerify,
  ]) {
    add(program);
  }
  exitByException(program);
  return program;
}

/** Runs one command. The exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
      return;
    }
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = error instanceof ConfigurationError ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** Commander would end the process itself, with 1 for a command line that it does not understand. */
function exitByException(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) exitByException(sub);
}
