import {
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

/** Every variable of audit-service; those of its edge are inherited. */
export class AuditVariables extends HttpEdgeVariables {
  @IntegerVariable({ description: 'The port to listen on; 0 takes a free one.', min: 0, max: 65_535, default: 3_003 })
  readonly PORT!: number;

  @SecretVariable({
    description: 'The database of the audit, as a login user of the role `hub_export_audit`.',
    protocols: ['postgres:', 'postgresql:'],
  })
  readonly DATABASE_URL!: Secret;

  @UrlVariable({ description: 'The bus.', protocols: ['nats:', 'tls:'], default: 'nats://127.0.0.1:4222' })
  readonly NATS_URL!: string;

  @TextVariable({ description: 'The credentials file for the bus, where it asks for one.', optional: true })
  readonly NATS_CREDENTIALS_FILE?: string;

  @TextVariable({
    description: 'Copies of each stream: 1 on one host, 3 on three.',
    oneOf: ['1', '3'],
    default: '1',
  })
  readonly NATS_REPLICAS!: '1' | '3';

  @IntegerVariable({
    description: 'How often parked messages are tried again while entries are missing, in milliseconds.',
    min: 100,
    max: 3_600_000,
    default: 60_000,
  })
  readonly PARKED_RETRY_INTERVAL_MS!: number;
}

/** The configuration of audit-service, checked. */
export interface Config {
  readonly edge: HttpEdgeOptions;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: Secret;
  readonly bus: { readonly url: string; readonly credentialsFile: string | null; readonly replicas: 1 | 3 };
  readonly parkedRetryIntervalMs: number;
}

export const SERVICE = { service: 'audit-service', version: '0.1.0' } as const;

/**
 * The one place that reads the environment.
 * @throws {ConfigurationError} with everything that is wrong with it at once.
 */
export function loadConfig(environment: Environment = process.env): Config {
  refuseDisabledTlsVerification(environment);
  const variables = readVariables(AuditVariables, environment);
  return {
    edge: httpEdgeOptions(variables, SERVICE),
    host: variables.HOST,
    port: variables.PORT,
    databaseUrl: variables.DATABASE_URL,
    bus: {
      url: variables.NATS_URL,
      credentialsFile: variables.NATS_CREDENTIALS_FILE ?? null,
      replicas: variables.NATS_REPLICAS === '3' ? 3 : 1,
    },
    parkedRetryIntervalMs: variables.PARKED_RETRY_INTERVAL_MS,
  };
}

/** The one variable of the migration, which runs as the owner of the database and never as the service. */
export class MigrationVariables {
  @SecretVariable({
    description: 'The database, as a user who owns it and may create roles.',
    protocols: ['postgres:', 'postgresql:'],
  })
  readonly MIGRATION_DATABASE_URL!: Secret;
}

/** @throws {ConfigurationError} */
export function loadMigrationUrl(environment: Environment = process.env): Secret {
  return readVariables(MigrationVariables, environment).MIGRATION_DATABASE_URL;
}
