import { LOCAL_CLEANUP_POLICIES, type LocalCleanupPolicy } from '@hub-export/contracts';
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

/** Every variable of marking-service; those of its edge are inherited. */
export class MarkingVariables extends HttpEdgeVariables {
  @IntegerVariable({ description: 'The port to listen on; 0 takes a free one.', min: 0, max: 65_535, default: 3_001 })
  readonly PORT!: number;

  @SecretVariable({
    description: 'The database of the event log, as a login user of the role `hub_export_marking`.',
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

  @TextVariable({
    description: 'What may happen to local processed media after a verified transfer; written into each mark.',
    oneOf: LOCAL_CLEANUP_POLICIES,
    default: 'retain_processed_media',
  })
  readonly LOCAL_CLEANUP_POLICY!: LocalCleanupPolicy;

  @IntegerVariable({
    description: 'The k of the k-anonymity that the lx-annotate compatible overview tells.',
    min: 2,
    max: 1_000,
    default: 5,
  })
  readonly K_ANONYMITY_MIN!: number;
}

/** The configuration of marking-service, checked. */
export interface Config {
  readonly edge: HttpEdgeOptions;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: Secret;
  readonly bus: { readonly url: string; readonly credentialsFile: string | null; readonly replicas: 1 | 3 };
  readonly localCleanupPolicy: LocalCleanupPolicy;
  readonly kAnonymityMin: number;
}

export const SERVICE = { service: 'marking-service', version: '0.1.0' } as const;

/**
 * The one place that reads the environment.
 * @throws {ConfigurationError} with everything that is wrong with it at once.
 */
export function loadConfig(environment: Environment = process.env): Config {
  refuseDisabledTlsVerification(environment);
  const variables = readVariables(MarkingVariables, environment);
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
    localCleanupPolicy: variables.LOCAL_CLEANUP_POLICY,
    kAnonymityMin: variables.K_ANONYMITY_MIN,
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
