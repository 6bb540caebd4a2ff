import type { Command } from 'commander';
import type { AuditAnswer } from '../api/answers.js';
import { auditLines } from '../api/audit-lines.js';
import { type ApiOptions, connect, print, withApiOptions } from './api-access.js';

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('What is on record.');
  withApiOptions(audit.command('show').description('The audit view of one transfer.'))
    .argument('<transfer_id>')
    .action(show);
}

async function show(transferId: string, options: ApiOptions): Promise<void> {
  const audit = await connect('audit', options);
  print(await audit.get<AuditAnswer>(`/v1/audit/transfers/${encodeURIComponent(transferId)}`), options, auditLines);
}
