import { createDevSigner, type DevSigner } from '@hub-export/http-edge';
import type { Command } from 'commander';
import { ApiClient } from '../api/api.client.js';
import { type CliVariables, loadConfig } from '../config.js';
import { findLocalSite, type KnownSite } from '../site/local-site.file.js';
import { serviceUrl } from '../site/site-state.js';

type ServiceName = 'marking' | 'transfer' | 'audit';

/** What every command of the API takes. */
export interface ApiOptions {
  readonly url?: string;
  readonly token?: string;
  readonly data?: string;
  readonly json?: true;
}

/** So that a command which waits at a prompt for long still ends. */
const TOKEN_LIFETIME_SECONDS = 600;

export function withApiOptions(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'the service (default: HUB_EXPORT_MARKING_URL, …_TRANSFER_URL or …_AUDIT_URL, else the local site)',
    )
    .option('--token <token>', 'who asks (default: HUB_EXPORT_TOKEN, else a token of the local site)')
    .option('--data <folder>', 'the folder of the local site (default: the demo or site of the clone)')
    .option('--json', 'print the answer as JSON');
}

/**
 * A service, by what the options say, then the environment, then the local site.
 * @throws Error where none of them names it.
 */
export async function connect(service: ServiceName, options: ApiOptions): Promise<ApiClient> {
  const config = loadConfig();
  const named = options.url ?? urlOf(config, service);
  const token = options.token ?? config.HUB_EXPORT_TOKEN?.reveal();
  const site = await findLocalSite(options.data ?? config.HUB_EXPORT_DATA);
  const url = named ?? (site === null ? undefined : serviceUrl(site.state.ports, service));
  if (url === undefined) throw new Error(`No local site has run here: name the ${service}-service by --url.`);
  if (token === undefined && named !== undefined)
    throw new Error('A named service needs a token: --token or HUB_EXPORT_TOKEN.');
  return new ApiClient(url.replace(/\/$/, ''), token === undefined ? await localToken(site) : async () => token);
}

/** Prints the answer as it came, or as lines for people. */
export function print<Answer>(
  answer: Answer,
  { json }: ApiOptions,
  lines: (answer: Answer) => readonly string[],
): void {
  console.log(json ? JSON.stringify(answer, null, 2) : lines(answer).join('\n'));
}

function urlOf(config: CliVariables, service: ServiceName): string | undefined {
  const { HUB_EXPORT_MARKING_URL: marking, HUB_EXPORT_TRANSFER_URL: transfer, HUB_EXPORT_AUDIT_URL: audit } = config;
  return { marking, transfer, audit }[service];
}

/** Who can read the folder of the site can do everything in it. A named service never sees such a token. */
async function localToken(site: KnownSite | null): Promise<() => Promise<string>> {
  if (site === null) throw new Error('No local site has run here: give a token by --token or HUB_EXPORT_TOKEN.');
  const signer: DevSigner = await createDevSigner(site.layout.signIn);
  return () =>
    signer.sign({
      sub: 'local-operator',
      roles: [
        'hub_export:read',
        'hub_export:write',
        'hub_export:operate',
        'hub_export:audit',
        'center_scope:global_admin',
      ],
      lifetimeSeconds: TOKEN_LIFETIME_SECONDS,
    });
}
