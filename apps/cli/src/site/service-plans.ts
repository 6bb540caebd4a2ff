import type { Ports } from './ports.js';
import { databaseUrlFile } from './databases.server.js';
import type { SiteLayout } from './layout.js';
import type { ServicePlan } from './supervisor.process.js';

export interface SitePlan {
  readonly layout: SiteLayout;
  readonly ports: Ports;
  readonly natsUrl: string;
  readonly mediaRoot: string;
  /** For all three: sign-in, log level and what the operator set. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The three services of a site, with the environment each of them reads. */
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
  return [plan('marking'), plan('transfer', { MEDIA_ROOT: mediaRoot }), plan('audit')];
}
