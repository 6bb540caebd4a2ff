import {
  type Environment,
  IntegerVariable,
  readVariables,
  refuseDisabledTlsVerification,
  type Secret,
} from '@hub-export/environment';
import { type HttpEdgeOptions, httpEdgeOptions } from '@hub-export/http-edge';
import { type BusConfig, busConfig, ServiceVariables } from '@hub-export/service-runtime';

/** Every variable of audit-service; those that every service has are inherited. */
export class AuditVariables extends ServiceVariables {
  @IntegerVariable({ description: 'The port to listen on; 0 takes a free one.', min: 0, max: 65_535, default: 3_003 })
  readonly PORT!: number;

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
  readonly bus: BusConfig;
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
    bus: busConfig(variables),
    parkedRetryIntervalMs: variables.PARKED_RETRY_INTERVAL_MS,
  };
}
