import {
  IntegerVariable,
  readVariables,
  type Secret,
  SecretVariable,
  TextVariable,
  UrlVariable,
} from '@hub-export/environment';
import type { Environment } from '@hub-export/environment';
import { HttpEdgeVariables } from '@hub-export/http-edge';

/** The variables of every service with a database and the bus; its own class extends this one and adds `PORT`. */
export class ServiceVariables extends HttpEdgeVariables {
  @SecretVariable({
    description: 'The service’s database, as a login user of the service’s own role.',
    protocols: ['postgres:', 'postgresql:'],
  })
  readonly DATABASE_URL!: Secret;

  @UrlVariable({ description: 'The bus.', protocols: ['nats:', 'tls:'], default: 'nats://127.0.0.1:4222' })
  readonly NATS_URL!: string;

  @TextVariable({ description: 'The credentials file for the bus, where it asks for one.', optional: true })
  readonly NATS_CREDENTIALS_FILE?: string;

  @TextVariable({ description: 'Copies of each stream: 1 on one host, 3 on three.', oneOf: ['1', '3'], default: '1' })
  readonly NATS_REPLICAS!: '1' | '3';

  @IntegerVariable({
    description:
      'Room for the events on the bus, in bytes, the same for all services; a full stream takes no new ones. 2 GiB are ' +
      'about 1.5 million.',
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 2_147_483_648,
  })
  readonly NATS_EVENTS_MAX_BYTES!: number;
}

/** How to reach the bus. */
export interface BusConfig {
  readonly url: string;
  readonly credentialsFile: string | null;
  readonly replicas: 1 | 3;
  /** Of the stream of events; absent: its default. */
  readonly eventsMaxBytes?: number;
}

export function busConfig(variables: ServiceVariables): BusConfig {
  return {
    url: variables.NATS_URL,
    credentialsFile: variables.NATS_CREDENTIALS_FILE ?? null,
    replicas: variables.NATS_REPLICAS === '3' ? 3 : 1,
    eventsMaxBytes: variables.NATS_EVENTS_MAX_BYTES,
  };
}

/** The variable of a service's one-shot migration. */
export class MigrationVariables {
  @SecretVariable({
    description: 'The database as its owner, who may create schemas and roles. Only the migration needs it.',
    protocols: ['postgres:', 'postgresql:'],
  })
  readonly MIGRATION_DATABASE_URL!: Secret;
}

/** @throws {ConfigurationError} */
export function loadMigrationUrl(environment: Environment): Secret {
  return readVariables(MigrationVariables, environment).MIGRATION_DATABASE_URL;
}
