import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';

/** The clone this command belongs to. */
export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** What the folder of a local site is for. */
export type SiteKind = 'demo' | 'site';

/** Where everything of a local site lies, below one folder, so that two sites beside each other share nothing. */
export interface SiteLayout {
  readonly folder: string;
  /** Addresses and ports of the last run. */
  readonly stateFile: string;
  readonly postgres: string;
  readonly nats: string;
  readonly logs: string;
  /** Files of mode 0600: passwords, the node's secret, connection strings. */
  readonly secrets: string;
  /** The keys of the development sign-in. */
  readonly signIn: string;
  readonly certificates: string;
  /** The sink of the audit’s checkpoints. */
  readonly anchors: string;
  /** Their private key, and the public one that verifies them. */
  readonly checkpointKey: string;
  readonly checkpointPublicKey: string;
  readonly media: string;
  readonly hub: string;
}

export function layoutOf(folder: string): SiteLayout {
  const home = resolve(folder);
  return {
    folder: home,
    stateFile: join(home, 'state.json'),
    postgres: join(home, 'postgres'),
    nats: join(home, 'nats'),
    logs: join(home, 'logs'),
    secrets: join(home, 'secrets'),
    signIn: join(home, 'sign-in'),
    certificates: join(home, 'certificates'),
    anchors: join(home, 'anchors'),
    checkpointKey: join(home, 'secrets', 'checkpoint.key.pem'),
    checkpointPublicKey: join(home, 'checkpoint.pub.pem'),
    media: join(home, 'media'),
    hub: join(home, 'hub'),
  };
}

/** `.data/demo` and `.data/site` of the clone. */
export function defaultFolder(kind: SiteKind): string {
  return join(ROOT, '.data', kind);
}

/** The compiled entry of a service. */
export function programOf(app: string, entry: 'main' | 'migrate'): string {
  return join(ROOT, 'apps', app, 'dist', `${entry}.js`);
}
