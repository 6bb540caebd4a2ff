import type { SiteReport } from '@hub-export/record-verification';
import { KeyFileError, readPublicKeys } from '@hub-export/transparency-log';
import type { Command } from 'commander';
import type { KeyObject } from 'node:crypto';
import { loadConfig } from '../config.js';
import { databaseUrlFile } from '../site/databases.server.js';
import { findLocalSite } from '../site/local-site.file.js';
import { siteReportLines } from '../verification/site-report-lines.js';
import { SiteNotReadable, type SiteToVerify, verifySiteByReading } from '../verification/site.reader.js';
import { readFile } from 'node:fs/promises';

/** Something is not as it was recorded. */
const EXIT_TAMPERED = 1;
/** The question could not be asked: a key, a sink or a database is not named or cannot be read. */
const EXIT_UNASKED = 2;
/** What is there agrees, and not all is there. */
const EXIT_INCOMPLETE = 3;

export interface SiteVerificationOptions {
  readonly key?: readonly string[];
  readonly anchors?: readonly string[];
  readonly origin?: string;
  readonly data?: string;
  readonly json?: true;
}

export function withSiteVerificationOptions(command: Command): Command {
  return command
    .option('--key <file>', 'a public key of the checkpoints, from outside the site; may be repeated', collect)
    .option('--anchors <file>', 'a sink of checkpoints, from outside the databases; may be repeated', collect)
    .option('--origin <name>', 'the name that the log must have in its checkpoints')
    .option('--data <folder>', 'the folder of the local site, for all that is not named (default: of the clone)')
    .option('--json', 'print the report as JSON');
}

/** Exits with 0 where the site is intact, 1 tampered, 2 not to be asked, 3 incomplete. */
export async function verifySiteNow(options: SiteVerificationOptions): Promise<void> {
  const site = await siteToVerify(options);
  const report = typeof site === 'string' ? site : await verifiedSite(site);
  if (typeof report === 'string') {
    console.error(report);
    process.exitCode = EXIT_UNASKED;
    return;
  }
  if (process.stderr.isTTY) process.stderr.write('\r');
  console.log(options.json ? JSON.stringify(report, null, 2) : siteReportLines(report).join('\n'));
  process.exitCode = exitCodeOf(report);
}

async function verifiedSite(site: SiteToVerify): Promise<SiteReport | string> {
  try {
    return await verifySiteByReading(site, (place) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${place.toLocaleString('en')} entries`);
    });
  } catch (error) {
    if (error instanceof SiteNotReadable) return error.message;
    throw error;
  }
}

export function exitCodeOf({ status }: Pick<SiteReport, 'status'>): number {
  return status === 'intact' ? 0 : status === 'tampered' ? EXIT_TAMPERED : EXIT_INCOMPLETE;
}

/** What to read, or the sentence that says why it cannot be known. */
async function siteToVerify(options: SiteVerificationOptions): Promise<SiteToVerify | string> {
  const config = loadConfig();
  const local = await findLocalSite(options.data ?? config.HUB_EXPORT_DATA);
  const localUrl = async (role: 'transfer' | 'audit'): Promise<string | undefined> =>
    local === null
      ? undefined
      : readFile(databaseUrlFile(local.layout.secrets, role), 'utf8').then(
          (text) => text.trim(),
          () => undefined,
        );
  const logUrl = config.VERIFY_LOG_DATABASE_URL?.reveal() ?? (await localUrl('transfer'));
  const auditUrl = config.VERIFY_AUDIT_DATABASE_URL?.reveal() ?? (await localUrl('audit'));
  const keyFiles = options.key ?? (local === null ? [] : [local.layout.checkpointPublicKey]);
  const anchors = options.anchors ?? (local === null ? [] : [local.layout.anchors]);
  if (logUrl === undefined || auditUrl === undefined) {
    return 'VERIFY_LOG_DATABASE_URL and VERIFY_AUDIT_DATABASE_URL must name the databases of log and audit.';
  }
  if (keyFiles.length === 0 || anchors.length === 0) return 'Name the public key by --key and the sink by --anchors.';
  try {
    const keys: readonly KeyObject[] = keyFiles.flatMap(readPublicKeys);
    return { logUrl, auditUrl, anchors, keys, ...(options.origin === undefined ? {} : { origin: options.origin }) };
  } catch (error) {
    if (error instanceof KeyFileError) return `${error.message} (${error.code})`;
    throw error;
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
