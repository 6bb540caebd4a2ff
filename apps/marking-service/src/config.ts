import { LOCAL_CLEANUP_POLICIES, type LocalCleanupPolicy } from '@hub-export/contracts';
import {
  BooleanVariable,
  type Environment,
  IntegerVariable,
  readVariables,
  refuseDisabledTlsVerification,
  type Secret,
  TextVariable,
} from '@hub-export/environment';
import { type HttpEdgeOptions, httpEdgeOptions } from '@hub-export/http-edge';
import { type BusConfig, busConfig, ServiceVariables } from '@hub-export/service-runtime';

/** Every variable of marking-service; those that every service has are inherited. */
export class MarkingVariables extends ServiceVariables {
  @IntegerVariable({ description: 'The port to listen on; 0 takes a free one.', min: 0, max: 65_535, default: 3_001 })
  readonly PORT!: number;

  @TextVariable({
    description: 'What may happen to local processed media after a verified transfer; written into each mark.',
    oneOf: LOCAL_CLEANUP_POLICIES,
    default: 'retain_processed_media',
  })
  readonly LOCAL_CLEANUP_POLICY!: LocalCleanupPolicy;

  @BooleanVariable({
    description: 'Whether original file names are shown and searched; they may name a person.',
    default: false,
  })
  readonly SHOW_FILE_NAMES!: boolean;

  @IntegerVariable({
    description: 'The k of the k-anonymity that privacy summaries tell.',
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
  readonly bus: BusConfig;
  readonly localCleanupPolicy: LocalCleanupPolicy;
  readonly kAnonymityMin: number;
  readonly showsFileNames: boolean;
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
    bus: busConfig(variables),
    localCleanupPolicy: variables.LOCAL_CLEANUP_POLICY,
    kAnonymityMin: variables.K_ANONYMITY_MIN,
    showsFileNames: variables.SHOW_FILE_NAMES,
  };
}
