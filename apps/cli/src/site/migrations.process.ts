import { logTail } from '@hub-export/local-servers';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { programOf, ROOT } from './layout.js';
import { basicEnvironment } from './supervisor.process.js';

const LIMIT_MS = 120_000;

export interface MigrationTargets {
  /** Of log, marking and transfer, as the owner. */
  readonly ownerUrl: string;
  /** Of the audit, as the owner. */
  readonly auditOwnerUrl: string;
}

/**
 * Runs the migrations of the three services, each as a process of its own, beside each other.
 * @throws Error with the last lines of the first that failed.
 */
export async function migrate({ ownerUrl, auditOwnerUrl }: MigrationTargets, logs: string): Promise<void> {
  const ended = await Promise.allSettled([
    migrateOne('marking-service', ownerUrl, logs),
    migrateOne('transfer-service', ownerUrl, logs),
    migrateOne('audit-service', auditOwnerUrl, logs),
  ]);
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}

async function migrateOne(app: string, ownerUrl: string, logs: string): Promise<void> {
  const program = programOf(app, 'migrate');
  if (!existsSync(program)) throw new Error(`${app} is not built: run "npm run build" first.`);
  const logFile = join(logs, `${app}.migration.log`);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [program], {
    cwd: ROOT,
    env: { ...basicEnvironment(), NODE_ENV: 'development', MIGRATION_DATABASE_URL: ownerUrl },
    stdio: ['ignore', log, log],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  closeSync(log);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The migration of ${app} failed. The last lines of ${logFile}:\n${logTail(logFile)}`);
}
