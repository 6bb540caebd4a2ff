import {
  BooleanVariable,
  type Environment,
  IntegerVariable,
  readVariables,
  refuseDisabledTlsVerification,
  type Secret,
  SecretVariable,
  TextVariable,
  UrlVariable,
} from '@hub-export/environment';
import { type HttpEdgeOptions, httpEdgeOptions, HttpEdgeVariables } from '@hub-export/http-edge';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const HTTP = ['http:', 'https:'];

/** Every variable of page-server; those of the edge are inherited. */
export class PageServerVariables extends HttpEdgeVariables {
  @IntegerVariable({ description: 'The port to listen on; 0 takes a free one.', min: 0, max: 65_535, default: 3_000 })
  readonly PORT!: number;

  @UrlVariable({
    description: 'Where browsers find this server; with https: its cookies are for https alone.',
    protocols: HTTP,
    requiredWhen: { AUTH_MODE: 'oidc' },
  })
  readonly PUBLIC_URL?: string;

  @UrlVariable({ description: 'marking-service.', protocols: HTTP, default: 'http://127.0.0.1:3001' })
  readonly MARKING_URL!: string;

  @UrlVariable({ description: 'transfer-service.', protocols: HTTP, default: 'http://127.0.0.1:3002' })
  readonly TRANSFER_URL!: string;

  @UrlVariable({ description: 'audit-service.', protocols: HTTP, default: 'http://127.0.0.1:3003' })
  readonly AUDIT_URL!: string;

  @TextVariable({ description: 'The folder of the built page; that of apps/export-page by default.', optional: true })
  readonly PAGE_DIR?: string;

  @TextVariable({ description: 'The name of the site, as the page shows it.', default: 'Hub Export' })
  readonly SITE_NAME!: string;

  @BooleanVariable({
    description: 'Whether original file names are shown, as marking-service is told; they may name a person.',
    default: false,
  })
  readonly SHOW_FILE_NAMES!: boolean;

  @BooleanVariable({
    description: 'Whether marked resources are queued by themselves, as transfer-service is told.',
    default: false,
  })
  readonly AUTO_QUEUE!: boolean;

  @IntegerVariable({
    description:
      'How long a mark can be taken back before it is queued by itself, as transfer-service is told; seconds.',
    min: 0,
    max: 604_800,
    default: 300,
  })
  readonly REVERSIBILITY_WINDOW_SECONDS!: number;

  @IntegerVariable({
    description: 'The k of the k-anonymity, as marking-service is told.',
    min: 2,
    max: 1_000,
    default: 5,
  })
  readonly K_ANONYMITY_MIN!: number;

  @TextVariable({
    description: 'The client under which the sign-in provider knows this server.',
    requiredWhen: { AUTH_MODE: 'oidc' },
  })
  readonly OIDC_CLIENT_ID?: string;

  @SecretVariable({ description: 'The secret of that client; without it, it is a public one.', optional: true })
  readonly OIDC_CLIENT_SECRET?: Secret;

  @TextVariable({ description: 'The scopes that are asked for at sign-in.', default: 'openid' })
  readonly OIDC_SCOPES!: string;

  @IntegerVariable({
    description: 'A session that was not used for so long ends, in minutes.',
    min: 1,
    max: 1_440,
    default: 60,
  })
  readonly SESSION_IDLE_MINUTES!: number;

  @IntegerVariable({ description: 'A session ends after so long in any case, in hours.', min: 1, max: 72, default: 12 })
  readonly SESSION_HOURS_MAX!: number;
}

export type UpstreamName = 'marking' | 'transfer' | 'audit';

/** How browsers sign in. */
export type BrowserSignIn =
  | { readonly mode: 'dev'; /** Where the local signer's keys are. */ readonly keysFolder: string }
  | {
      readonly mode: 'oidc';
      readonly issuer: string;
      readonly clientId: string;
      readonly clientSecret: Secret | null;
      readonly scopes: string;
    };

/** What the page is told before anybody has signed in; nothing of it is secret. */
export interface PageSettings {
  readonly siteName: string;
  readonly showsFileNames: boolean;
  readonly autoQueue: boolean;
  readonly reversibilityWindowSeconds: number;
  readonly kAnonymityMin: number;
}

/** The configuration of page-server, checked. */
export interface Config {
  readonly edge: HttpEdgeOptions;
  readonly host: string;
  readonly port: number;
  /** The origin browsers use; null means this machine alone, over http. */
  readonly publicUrl: string | null;
  readonly upstreams: Readonly<Record<UpstreamName, string>>;
  readonly pageDir: string;
  readonly page: PageSettings;
  readonly signIn: BrowserSignIn;
  readonly sessions: { readonly idleMs: number; readonly lifetimeMs: number };
}

export const SERVICE = { service: 'page-server', version: '0.1.0' } as const;

/** From `dist` and from `src` alike. */
const BUILT_PAGE = fileURLToPath(new URL('../../export-page/dist/page', import.meta.url));

/**
 * The one place that reads the environment.
 * @throws {ConfigurationError} with everything that is wrong with it at once.
 */
export function loadConfig(environment: Environment = process.env): Config {
  refuseDisabledTlsVerification(environment);
  const variables = readVariables(PageServerVariables, environment);
  return {
    edge: httpEdgeOptions(variables, SERVICE),
    host: variables.HOST,
    port: variables.PORT,
    publicUrl: variables.PUBLIC_URL === undefined ? null : new URL(variables.PUBLIC_URL).origin,
    upstreams: {
      marking: new URL(variables.MARKING_URL).origin,
      transfer: new URL(variables.TRANSFER_URL).origin,
      audit: new URL(variables.AUDIT_URL).origin,
    },
    pageDir: variables.PAGE_DIR ?? BUILT_PAGE,
    page: {
      siteName: variables.SITE_NAME,
      showsFileNames: variables.SHOW_FILE_NAMES,
      autoQueue: variables.AUTO_QUEUE,
      reversibilityWindowSeconds: variables.REVERSIBILITY_WINDOW_SECONDS,
      kAnonymityMin: variables.K_ANONYMITY_MIN,
    },
    signIn: browserSignIn(variables),
    sessions: {
      idleMs: variables.SESSION_IDLE_MINUTES * 60_000,
      lifetimeMs: variables.SESSION_HOURS_MAX * 3_600_000,
    },
  };
}

function browserSignIn(variables: PageServerVariables): BrowserSignIn {
  if (variables.AUTH_MODE === 'dev') return { mode: 'dev', keysFolder: dirname(variables.AUTH_DEV_JWKS_FILE ?? '') };
  return {
    mode: 'oidc',
    issuer: variables.AUTH_ISSUER ?? '',
    clientId: variables.OIDC_CLIENT_ID ?? '',
    clientSecret: variables.OIDC_CLIENT_SECRET ?? null,
    scopes: variables.OIDC_SCOPES,
  };
}
