import {
  type Environment,
  readVariables,
  type Secret,
  SecretVariable,
  TextVariable,
  UrlVariable,
} from '@hub-export/environment';

const POSTGRES = ['postgres:', 'postgresql:'];
const HTTP = ['http:', 'https:'];

/** Every variable of the command line. */
export class CliVariables {
  @TextVariable({ description: 'The folder of the local site; like `--data`.', optional: true })
  readonly HUB_EXPORT_DATA?: string;

  @SecretVariable({
    description: 'An existing database, as a user who owns it and may create roles; without it PostgreSQL is started.',
    protocols: POSTGRES,
    optional: true,
  })
  readonly DATABASE_URL?: Secret;

  @SecretVariable({
    description: 'The same for `migrate` and, before `DATABASE_URL`, for `demo` and `start`.',
    protocols: POSTGRES,
    optional: true,
  })
  readonly MIGRATION_DATABASE_URL?: Secret;

  @UrlVariable({
    description: 'An existing bus; without it nats-server is started.',
    protocols: ['nats:', 'tls:'],
    optional: true,
  })
  readonly NATS_URL?: string;

  @TextVariable({
    description: 'How callers of `start` sign in; `dev` unless this is production.',
    oneOf: ['oidc', 'dev'],
    optional: true,
  })
  readonly AUTH_MODE?: 'oidc' | 'dev';

  @TextVariable({
    description: 'Where `start` runs; with `production` there is no local sign-in.',
    oneOf: ['production', 'development', 'test'],
    default: 'development',
  })
  readonly NODE_ENV!: 'production' | 'development' | 'test';

  @TextVariable({
    description: 'The media folder of `start`; `media` in the folder of the site by default.',
    optional: true,
  })
  readonly MEDIA_ROOT?: string;

  @SecretVariable({
    description: 'The database of the log, for `verify`: as a user who may read it.',
    protocols: POSTGRES,
    optional: true,
  })
  readonly VERIFY_LOG_DATABASE_URL?: Secret;

  @SecretVariable({
    description: 'The database of the audit, for `verify`: as a user who may read it.',
    protocols: POSTGRES,
    optional: true,
  })
  readonly VERIFY_AUDIT_DATABASE_URL?: Secret;

  @UrlVariable({ description: 'marking-service, for the commands of the API.', protocols: HTTP, optional: true })
  readonly HUB_EXPORT_MARKING_URL?: string;

  @UrlVariable({ description: 'transfer-service, for the commands of the API.', protocols: HTTP, optional: true })
  readonly HUB_EXPORT_TRANSFER_URL?: string;

  @UrlVariable({ description: 'audit-service, for the commands of the API.', protocols: HTTP, optional: true })
  readonly HUB_EXPORT_AUDIT_URL?: string;

  @SecretVariable({ description: 'The token of the commands of the API; like `--token`.', optional: true })
  readonly HUB_EXPORT_TOKEN?: Secret;
}

/**
 * The one place that reads the environment.
 * @throws {ConfigurationError} with everything that is wrong with it at once.
 */
export function loadConfig(environment: Environment = process.env): CliVariables {
  return readVariables(CliVariables, environment);
}

/** The owner's address of an existing database, if one is named. */
export function ownerUrlOf({ MIGRATION_DATABASE_URL, DATABASE_URL }: CliVariables): string | null {
  return (MIGRATION_DATABASE_URL ?? DATABASE_URL)?.reveal() ?? null;
}

/** Variables of this command that mean something else to a service, or are none of its business: the owner's password. */
export const SERVICE_VARIABLES_EXCLUDED: readonly string[] = [
  'DATABASE_URL',
  'DATABASE_URL_FILE',
  'MIGRATION_DATABASE_URL',
  'MIGRATION_DATABASE_URL_FILE',
  'PORT',
  'MEDIA_ROOT',
  'HUB_EXPORT_TOKEN',
  'HUB_EXPORT_TOKEN_FILE',
  'VERIFY_LOG_DATABASE_URL',
  'VERIFY_LOG_DATABASE_URL_FILE',
  'VERIFY_AUDIT_DATABASE_URL',
  'VERIFY_AUDIT_DATABASE_URL_FILE',
];
