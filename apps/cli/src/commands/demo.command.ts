import type { DevSigner } from '@hub-export/http-edge';
import type { Command } from 'commander';
import { ApiClient } from '../api/api.client.js';
import { type CliVariables, loadConfig, ownerUrlOf } from '../config.js';
import { prepareHub } from '../demo/demo-hub.process.js';
import { CENTER, nodeDocuments } from '../demo/network.js';
import { reportAndVerify } from '../demo/report.service.js';
import { furtherSamples } from '../demo/further-samples.js';
import { mediaOf, placeFurtherMedia, placeMedia, readSamples } from '../demo/samples.file.js';
import { type DemoCallers, sendSamples } from '../demo/sending.service.js';
import { addressLines, devSignInUrl } from '../site/announcement.js';
import { defaultFolder } from '../site/layout.js';
import type { Ports } from '../site/ports.js';
import { waitUntilListening } from '../site/readiness.client.js';
import { untilInterrupted } from '../site/run.process.js';
import { serviceUrl } from '../site/site-state.js';
import { EXIT_INTERRUPTED, runSite, say, type SiteRun } from './run-site.js';
import { parsePortBase, wantedPorts } from './site-options.js';

/** A demo that stays shows what a killed service does; one that ends tells of it. */
const RESTARTS_MAX = 20;

interface DemoOptions {
  readonly once?: true;
  readonly data?: string;
  readonly portBase?: number;
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('A whole site with a simulated hub on this machine: sends a sample video and a sample report.')
    .option('--once', 'end after the report; exit code 0 only if everything is completed and verified')
    .option('--data <folder>', 'where everything lies (default: .data/demo of the clone)')
    .option('--port-base <n>', 'take the ports from n on', parsePortBase)
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options, loadConfig());
    });
}

async function demo({ once, data, portBase }: DemoOptions, config: CliVariables): Promise<number> {
  const startedAt = performance.now();
  const choices = {
    kind: 'demo',
    wantedPorts: wantedPorts(portBase),
    databaseUrl: ownerUrlOf(config),
    natsUrl: config.NATS_URL ?? null,
    environment: ({ jwksFile }: DevSigner) => ({
      NODE_ENV: 'development',
      AUTH_MODE: 'dev',
      AUTH_DEV_JWKS_FILE: jwksFile,
    }),
    restartsMax: once ? 0 : RESTARTS_MAX,
  } as const;
  const code = await runSite(data ?? config.HUB_EXPORT_DATA ?? defaultFolder('demo'), choices, async (run) => {
    const verified = await play(run);
    say(`Done after ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
    if (once) return verified ? 0 : 1;
    await run.site.unlessFailed(offerMore(run));
    await announce(run);
    return run.site.unlessFailed(untilInterrupted(run.signal));
  });
  // Ctrl-C is how a demo that stays ends; one that was to report has not done so.
  return code === EXIT_INTERRUPTED && !once ? 0 : code;
}

/** Starts everything, sends the samples and reports. False where something is not as it should be. */
async function play({ site, layout, signal }: SiteRun): Promise<boolean> {
  const { ports, signer, supervisor } = site;
  say(`Hub Export demo in ${layout.folder}`);
  const samples = readSamples();
  for (const sample of samples) placeMedia(sample, layout.media);
  const hub = await prepareHub(layout, ports);
  await supervisor.start(hub.plan);
  await site.start();
  await site.unlessFailed(waitUntilListening('hub-simulator', `${serviceUrl(ports, 'hub_control')}/config`, signal));
  say('The simulated hub is ready');
  const callers = callersOf(ports, signer);
  const nodes = nodeDocuments(layout, { url: serviceUrl(ports, 'hub'), caFile: hub.caFile });
  const transfers = await site.unlessFailed(sendSamples({ callers, nodes, samples, say, signal }));
  const audit = new ApiClient(serviceUrl(ports, 'audit'), () => operatorToken(signer));
  const controlUrl = serviceUrl(ports, 'hub_control');
  return site.unlessFailed(reportAndVerify({ transfers, audit, controlUrl, say, signal }));
}

/** Leaves resources for a person to mark and send; they are told again at each run, which changes nothing. */
async function offerMore({ site: { ports, signer }, layout }: SiteRun): Promise<void> {
  const further = furtherSamples(readSamples(), mediaOf);
  for (const sample of further) placeFurtherMedia(sample, layout.media);
  const { site } = callersOf(ports, signer);
  for (const { resource_kind, resource_hash, snapshot } of further) {
    await site.put(`/v1/resources/${resource_kind}/${resource_hash}`, snapshot);
  }
  say(
    `\n${further.length} more resources wait on the page: mark and send them. One is not anonymized yet, one will fail.`,
  );
}

async function announce({ site: { ports, signer }, layout }: SiteRun): Promise<void> {
  say('');
  for (const line of addressLines(ports, { withHub: true })) say(line);
  say(`\nOpen the page, signed in as somebody who may do everything:\n  ${devSignInUrl(ports, 'everything')}\n`);
  say(`A token for /docs, valid for an hour (more with "npx hub-export token"):\n${await operatorToken(signer)}`);
  say(`Logs are in ${layout.logs}. Ctrl-C stops everything.`);
}

function callersOf(ports: Ports, signer: DevSigner): DemoCallers {
  const operator = () => operatorToken(signer);
  const site = () => signer.sign({ sub: 'site-a-system', roles: ['hub_export:site'], centers: [CENTER] });
  return {
    marking: new ApiClient(serviceUrl(ports, 'marking'), operator),
    transfer: new ApiClient(serviceUrl(ports, 'transfer'), operator),
    site: new ApiClient(serviceUrl(ports, 'marking'), site),
  };
}

function operatorToken(signer: DevSigner): Promise<string> {
  const roles = ['hub_export:read', 'hub_export:write', 'hub_export:operate', 'hub_export:audit'] as const;
  return signer.sign({ sub: 'demo-operator', name: 'Demo operator', roles, centers: [CENTER] });
}
