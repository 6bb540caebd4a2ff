import type { Ports } from './ports.js';
import { databaseUrlFile } from './databases.server.js';
import type { SiteLayout } from './layout.js';
import { serviceUrl } from './site-state.js';
import type { ServicePlan } from './supervisor.process.js';

/** The app that serves the export page and hands its requests to the services. */
export const PAGE_SERVER = 'page-server';

export interface SitePlan {
  readonly layout: SiteLayout;
  readonly ports: Ports;
  readonly natsUrl: string;
  readonly mediaRoot: string;
  /** For all of them: sign-in, log level and what the operator set. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The services of a site and the page in front of them, with the environment each of them reads. */
export function servicePlans({ layout, ports, natsUrl, mediaRoot, environment }: SitePlan): readonly ServicePlan[] {
  const plan = (name: 'marking' | 'transfer' | 'audit', own: Readonly<Record<string, string>> = {}): ServicePlan => ({
    app: `${name}-service`,
    environment: {
      ...environment,
      PORT: String(ports[name]),
      DATABASE_URL_FILE: databaseUrlFile(layout.secrets, name),
      NATS_URL: natsUrl,
      ...own,
    },
  });
  return [
    plan('marking'),
    plan('transfer', { MEDIA_ROOT: mediaRoot, ...secretVariables(layout, environment) }),
    plan('audit', checkpointVariables(layout, environment)),
    {
      app: PAGE_SERVER,
      environment: {
        ...environment,
        PORT: String(ports.page),
        MARKING_URL: serviceUrl(ports, 'marking'),
        TRANSFER_URL: serviceUrl(ports, 'transfer'),
        AUDIT_URL: serviceUrl(ports, 'audit'),
      },
    },
  ];
}

/** The node's secret lies with the others of the site, unless the operator says where. */
function secretVariables(
  { secrets }: SiteLayout,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return environment['SECRET_REF_ROOT'] === undefined ? { SECRET_REF_ROOT: secrets } : {};
}

/** Checkpoints of the audit are anchored in the folder of the site, unless the operator says where they go. */
function checkpointVariables(
  { anchors, checkpointKey }: SiteLayout,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (environment['CHECKPOINT_KEY_FILE'] !== undefined) return {};
  return {
    CHECKPOINT_KEY_FILE: checkpointKey,
    CHECKPOINT_DIR: anchors,
    CHECKPOINT_ORIGIN: 'hub-export/local-site',
    // Somebody is looking on.
    CHECKPOINT_EVERY_SECONDS: environment['CHECKPOINT_EVERY_SECONDS'] ?? '5',
  };
}
