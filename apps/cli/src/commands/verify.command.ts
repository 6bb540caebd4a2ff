import type { Command } from 'commander';
import { verifyCertificateFile } from './verify-certificate.js';
import { type SiteVerificationOptions, verifySiteNow, withSiteVerificationOptions } from './verify-site.js';

/** With a certificate it checks that alone, without one the whole site. */
export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('Checks a delivery certificate by a public key alone; without one, a whole site from its first entry.')
    .argument('[certificate]', 'the JSON document of a certificate, unchanged');
  withSiteVerificationOptions(command).action(verify);
}

async function verify(
  certificate: string | undefined,
  options: SiteVerificationOptions,
  command: Command,
): Promise<void> {
  if (certificate === undefined) return verifySiteNow(options);
  if (options.key === undefined) command.error("error: required option '--key <file>' not specified");
  await verifyCertificateFile(certificate, options.key, options.json === true);
}
