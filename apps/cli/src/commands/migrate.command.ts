import type { Command } from 'commander';
import { mkdir } from 'node:fs/promises';
import { type CliVariables, loadConfig, ownerUrlOf } from '../config.js';
import { defaultFolder, layoutOf } from '../site/layout.js';
import { migrate } from '../site/migrations.process.js';

interface MigrateOptions {
  readonly data?: string;
}

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('Brings the schemas of all three services in MIGRATION_DATABASE_URL up to date.')
    .option('--data <folder>', 'the logs are written to its folder logs (default: .data/site of the clone)')
    .action((options: MigrateOptions) => migrateAll(options, loadConfig()));
}

async function migrateAll({ data }: MigrateOptions, config: CliVariables): Promise<void> {
  const ownerUrl = ownerUrlOf(config);
  if (ownerUrl === null) throw new Error('MIGRATION_DATABASE_URL must name the database, as a user who owns it.');
  const { logs } = layoutOf(data ?? config.HUB_EXPORT_DATA ?? defaultFolder('site'));
  await mkdir(logs, { recursive: true });
  await migrate({ ownerUrl, auditOwnerUrl: ownerUrl }, logs);
  console.log('The schemas of marking-service, transfer-service and audit-service are up to date.');
}
