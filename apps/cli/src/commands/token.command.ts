import { createDevSigner, type DevToken, ROLES } from '@hub-export/http-edge';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config.js';
import { findLocalSite } from '../site/local-site.file.js';

type TokenRole = DevToken['roles'][number];

const GLOBAL_ADMIN = 'center_scope:global_admin';
const LIFETIME_SECONDS_MAX = 30 * 24 * 3600;

interface TokenOptions {
  readonly role: readonly TokenRole[];
  readonly center: readonly string[];
  readonly sub: string;
  readonly name?: string;
  readonly lifetime?: number;
  readonly data?: string;
}

export function addToken(program: Command): void {
  program
    .command('token')
    .description('Prints a token for the services of the local demo or site (AUTH_MODE=dev).')
    .requiredOption('--role <role>', `${shortRoles().join(', ')} or ${GLOBAL_ADMIN}; may be repeated`, collectRole)
    .option('--center <key>', 'a center the token may see; may be repeated', collect, [])
    .option('--sub <subject>', 'whom it speaks for', 'local-operator')
    .option('--name <name>', 'the name shown beside the subject')
    .option('--lifetime <seconds>', 'how long it is valid', parseLifetime)
    .option('--data <folder>', 'the folder of the demo or site')
    .action(printToken);
}

async function printToken({ role, center, sub, name, lifetime, data }: TokenOptions): Promise<void> {
  const site = await findLocalSite(data ?? loadConfig().HUB_EXPORT_DATA);
  if (site === null)
    throw new Error('No demo or site has run here yet: start one first, or name its folder by --data.');
  const signer = await createDevSigner(site.layout.signIn);
  const token = await signer.sign({
    sub,
    roles: role,
    centers: center,
    ...(name === undefined ? {} : { name }),
    ...(lifetime === undefined ? {} : { lifetimeSeconds: lifetime }),
  });
  console.log(token);
}

function shortRoles(): readonly string[] {
  return ROLES.map((role) => role.slice('hub_export:'.length));
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function collectRole(value: string, before: readonly TokenRole[] = []): readonly TokenRole[] {
  const role = [...ROLES, GLOBAL_ADMIN].find((known) => known === value || known === `hub_export:${value}`);
  if (role === undefined) throw new InvalidArgumentError(`one of ${shortRoles().join(', ')}, ${GLOBAL_ADMIN}`);
  return [...before, role as TokenRole];
}

function parseLifetime(text: string): number {
  const seconds = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > LIFETIME_SECONDS_MAX) throw new InvalidArgumentError(`1 to ${LIFETIME_SECONDS_MAX}`);
  return seconds;
}
