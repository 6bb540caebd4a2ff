import type { DevSigner } from '@hub-export/http-edge';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { type CliVariables, loadConfig, ownerUrlOf, SERVICE_VARIABLES_EXCLUDED } from '../config.js';
import { addressLines, devSignInUrl } from '../site/announcement.js';
import { defaultFolder } from '../site/layout.js';
import { untilInterrupted } from '../site/run.process.js';
import { EXIT_INTERRUPTED, runSite, say } from './run-site.js';
import { parsePortBase, wantedPorts } from './site-options.js';

/** A service that cannot stay up must not be started for ever. */
const RESTARTS_MAX = 20;

interface StartOptions {
  readonly data?: string;
  readonly portBase?: number;
}

export function addStart(program: Command): void {
  program
    .command('start')
    .description(
      'A site on this machine, until Ctrl-C: the services and their page, with PostgreSQL and NATS where none is named.',
    )
    .option('--data <folder>', 'where everything lies (default: .data/site of the clone)')
    .option('--port-base <n>', 'take the ports from n on', parsePortBase)
    .action(async (options: StartOptions) => {
      process.exitCode = await start(options, loadConfig());
    });
}

async function start({ data, portBase }: StartOptions, config: CliVariables): Promise<number> {
  const usesDevSignIn = (config.AUTH_MODE ?? (config.NODE_ENV === 'production' ? 'oidc' : 'dev')) === 'dev';
  const choices = {
    kind: 'site',
    wantedPorts: wantedPorts(portBase),
    databaseUrl: ownerUrlOf(config),
    natsUrl: config.NATS_URL ?? null,
    ...(config.MEDIA_ROOT === undefined ? {} : { mediaRoot: resolve(config.MEDIA_ROOT) }),
    environment: ({ jwksFile }: DevSigner) => ({
      ...operatorsEnvironment(),
      NODE_ENV: config.NODE_ENV,
      ...(usesDevSignIn ? { AUTH_MODE: 'dev', AUTH_DEV_JWKS_FILE: jwksFile } : { AUTH_MODE: 'oidc' }),
    }),
    restartsMax: RESTARTS_MAX,
  } as const;
  const code = await runSite(data ?? config.HUB_EXPORT_DATA ?? defaultFolder('site'), choices, async (run) => {
    const { site, layout, signal } = run;
    say(`Hub Export site in ${layout.folder}`);
    await site.start();
    for (const line of addressLines(site.ports, { withHub: false })) say(line);
    if (usesDevSignIn) {
      say(`Sign-in is for development: ${devSignInUrl(site.ports, 'operations')}, or "npx hub-export token".`);
    }
    say(`Logs are in ${layout.logs}. Ctrl-C stops everything.`);
    return site.unlessFailed(untilInterrupted(signal));
  });
  return code === EXIT_INTERRUPTED ? 0 : code;
}

/** Whatever a service can be told by its environment, the operator tells here; each reads what is its own. */
function operatorsEnvironment(): Readonly<Record<string, string>> {
  const given = Object.entries(process.env).filter(([name]) => !SERVICE_VARIABLES_EXCLUDED.includes(name));
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
