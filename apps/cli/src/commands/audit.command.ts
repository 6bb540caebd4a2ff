import { once } from 'node:events';
import { type Command, Option } from 'commander';
import type { AuditAnswer } from '../api/answers.js';
import { auditLines } from '../api/audit-lines.js';
import { type ApiOptions, connect, print, withApiOptions } from './api-access.js';

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('What is on record.');
  withApiOptions(audit.command('show').description('The audit view of one transfer.'))
    .argument('<transfer_id>')
    .action(show);
  const asked = audit.command('export').description('What was recorded, line by line, to standard output.');
  withApiOptions(asked)
    .addOption(new Option('--format <format>', 'the form').choices(['ndjson', 'csv', 'fhir']).default('ndjson'))
    .option('--after <global_seq>', 'go on behind the last entry that you have')
    .option('--filter <name=value...>', 'as the list of events is narrowed: actor=user:alice, type=TransferFailed, …')
    .action(exportEvents);
}

async function show(transferId: string, options: ApiOptions): Promise<void> {
  const audit = await connect('audit', options);
  print(await audit.get<AuditAnswer>(`/v1/audit/transfers/${encodeURIComponent(transferId)}`), options, auditLines);
}

interface ExportOptions extends ApiOptions {
  readonly format: string;
  readonly after?: string;
  readonly filter?: readonly string[];
}

/** Takes as fast as standard output does; what it says of the end goes to standard error. */
async function exportEvents(options: ExportOptions): Promise<void> {
  const audit = await connect('audit', options);
  const query = new URLSearchParams({ format: options.format });
  if (options.after !== undefined) query.set('after', options.after);
  for (const filter of options.filter ?? []) {
    const [name = '', ...value] = filter.split('=');
    query.set(name, value.join('='));
  }
  const { headers, body } = await audit.pieces(`/v1/audit/export?${query.toString()}`);
  try {
    for await (const piece of body) {
      if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
    }
  } catch (error) {
    throw new Error('The export was cut off: go on with --after and the last whole line that you have.', {
      cause: error,
    });
  }
  console.error(`Whole, up to entry ${headers.get('hub-export-through')}.`);
}
