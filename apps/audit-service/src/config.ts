import {
  BooleanVariable,
  type Environment,
  IntegerVariable,
  readVariables,
  refuseDisabledTlsVerification,
  type Secret,
  TextVariable,
  UrlVariable,
} from '@hub-export/environment';
import { type HttpEdgeOptions, httpEdgeOptions } from '@hub-export/http-edge';
import { type CheckpointConfig, checkpointConfig } from './checkpoint/checkpoint-config.file.js';
import type { RecheckPace } from './recheck/recheck.worker.js';
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

  @TextVariable({
    description: 'The Ed25519 key that signs checkpoints, PEM; readable by its owner alone. Without it none are made.',
    optional: true,
  })
  readonly CHECKPOINT_KEY_FILE?: string;

  @TextVariable({
    description: 'Public keys by which checkpoints were signed before: a PEM, or lines of `name+id+key`.',
    optional: true,
  })
  readonly CHECKPOINT_RETIRED_KEYS_FILE?: string;

  @TextVariable({
    description: 'The name of this log in its checkpoints, such as `hub-export/site-a`; never changed. With a key.',
    optional: true,
  })
  readonly CHECKPOINT_ORIGIN?: string;

  @TextVariable({
    description: 'The folder in which checkpoints are anchored, outside the database. With a key.',
    optional: true,
  })
  readonly CHECKPOINT_DIR?: string;

  @UrlVariable({
    description: 'Where checkpoints are sent, too, by POST: https, or http on this machine.',
    protocols: ['https:', 'http:'],
    optional: true,
  })
  readonly CHECKPOINT_URL?: string;

  @BooleanVariable({
    description: 'Whether each checkpoint is also a line of standard output, for a log shipper.',
    default: false,
  })
  readonly CHECKPOINT_STDOUT!: boolean;

  @IntegerVariable({
    description: 'A checkpoint is made at each multiple of so many entries.',
    min: 1,
    max: 1_000_000,
    default: 1_000,
  })
  readonly CHECKPOINT_EVERY_ENTRIES!: number;

  @IntegerVariable({
    description: 'And where anything came since, so long after the last one, in seconds.',
    min: 1,
    max: 86_400,
    default: 300,
  })
  readonly CHECKPOINT_EVERY_SECONDS!: number;

  @IntegerVariable({
    description: 'An export whose taker takes nothing for so long is ended, in seconds; it can be gone on with.',
    min: 1,
    max: 3_600,
    default: 60,
  })
  readonly EXPORT_IDLE_SECONDS!: number;

  @IntegerVariable({
    description: 'How fast the record is read again in the background, in entries a second; 0 for never.',
    min: 0,
    max: 100_000,
    default: 1_000,
  })
  readonly RECHECK_ENTRIES_PER_SECOND!: number;

  @IntegerVariable({
    description: 'The rest between two such readings, in seconds.',
    min: 0,
    max: 2_592_000,
    default: 3_600,
  })
  readonly RECHECK_PAUSE_SECONDS!: number;
}

/** The configuration of audit-service, checked. */
export interface Config {
  readonly edge: HttpEdgeOptions;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: Secret;
  readonly bus: BusConfig;
  readonly parkedRetryIntervalMs: number;
  /** Null where this process makes no checkpoints. */
  readonly checkpoints: CheckpointConfig | null;
  readonly exportIdleMs: number;
  readonly recheck: RecheckPace;
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
    checkpoints: checkpointConfig({
      keyFile: variables.CHECKPOINT_KEY_FILE,
      retiredKeysFile: variables.CHECKPOINT_RETIRED_KEYS_FILE,
      origin: variables.CHECKPOINT_ORIGIN,
      folder: variables.CHECKPOINT_DIR,
      url: variables.CHECKPOINT_URL,
      toStdout: variables.CHECKPOINT_STDOUT,
      rule: {
        everyEntries: variables.CHECKPOINT_EVERY_ENTRIES,
        everyMs: variables.CHECKPOINT_EVERY_SECONDS * 1_000,
      },
    }),
    exportIdleMs: variables.EXPORT_IDLE_SECONDS * 1_000,
    recheck: {
      entriesPerSecond: variables.RECHECK_ENTRIES_PER_SECOND,
      pauseMs: variables.RECHECK_PAUSE_SECONDS * 1_000,
    },
  };
}
