import {
  BooleanVariable,
  IntegerVariable,
  ListVariable,
  readVariables,
  refuseDisabledTlsVerification,
  type Secret,
  TextVariable,
} from '@hub-export/environment';
import { type HttpEdgeOptions, httpEdgeOptions } from '@hub-export/http-edge';
import { type BusConfig, busConfig, ServiceVariables } from '@hub-export/service-runtime';
import type { RetryPolicy } from '@hub-export/transfer-life';
import { resolve } from 'node:path';
import { Matches, ValidateBy, type ValidationArguments } from 'class-validator';
import type { HttpsMediaConfig } from './media/https-media.source.js';
import type { HubHosts } from './node/hub-host.js';
import type { SecretScope } from './node/secret-reference.js';
import type { BusyHub } from './sending/attempt-parts.js';
import type { HubTimeouts } from './sending/hub-connection.client.js';

export class TransferVariables extends ServiceVariables {
  @IntegerVariable({ description: 'The port of the API.', min: 0, max: 65_535, default: 3002 })
  readonly PORT!: number;

  @TextVariable({ description: 'The directory below which `file:` media lies, absolute; read only.' })
  @Matches(/^\//, { message: 'must be an absolute path' })
  readonly MEDIA_ROOT!: string;

  @IntegerVariable({
    description: 'The largest media that is sent, in bytes; a hub takes 50 GiB by default.',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: 53_687_091_200,
  })
  readonly MEDIA_MAX_BYTES!: number;

  @BooleanVariable({
    description: 'Whether a media file may have further names (hard links), by which others could change it.',
    default: false,
  })
  readonly MEDIA_HARD_LINKS!: boolean;

  @ListVariable({
    description: 'Hosts (`host` or `host:port`) whose `https:` media is fetched; none: such locators are refused.',
    default: [],
  })
  @ValidateBy({
    name: 'areHosts',
    validator: { validate: areHosts, defaultMessage: () => 'must be host or host:port, without a default port' },
  })
  readonly MEDIA_HTTPS_HOSTS!: readonly string[];

  @TextVariable({ description: 'The authority of the media hosts’ certificates (PEM).', optional: true })
  @ValidateBy({
    name: 'isThereWithHosts',
    validator: { validate: isThereWithHosts, defaultMessage: () => 'is needed with MEDIA_HTTPS_HOSTS' },
  })
  readonly MEDIA_HTTPS_CA_FILE?: string;

  @TextVariable({ description: 'Our client certificate for the media hosts (PEM).', optional: true })
  readonly MEDIA_HTTPS_CERT_FILE?: string;

  @TextVariable({ description: 'Its private key (PEM).', optional: true })
  @ValidateBy({
    name: 'isThereWithCertificate',
    validator: {
      validate: isThereWithCertificate,
      defaultMessage: () => 'must be set exactly where MEDIA_HTTPS_CERT_FILE is',
    },
  })
  readonly MEDIA_HTTPS_KEY_FILE?: string;

  @TextVariable({ description: 'The file with the bearer token for the media hosts.', optional: true })
  @ValidateBy({
    name: 'isTokenOrCertificate',
    validator: {
      validate: isTokenOrCertificate,
      defaultMessage: () => 'or MEDIA_HTTPS_CERT_FILE is needed with MEDIA_HTTPS_HOSTS',
    },
  })
  readonly MEDIA_HTTPS_TOKEN_FILE?: string;

  @IntegerVariable({
    description: 'Time limit without any movement of a media host, in milliseconds.',
    min: 100,
    max: 600_000,
    default: 30_000,
  })
  readonly MEDIA_HTTPS_STALL_MS!: number;

  @IntegerVariable({
    description:
      'How slow a media host may be, in bytes per second: beyond the time limit above it is waited for as long as its ' +
      'bytes take at this rate, in all and in between.',
    min: 1,
    max: 1_000_000_000,
    default: 131_072,
  })
  readonly MEDIA_HTTPS_MIN_BYTES_PER_SECOND!: number;

  @TextVariable({
    description: 'The folder below which `file:` secrets of nodes lie, absolute; a node may name no other file.',
    default: '/run/secrets',
  })
  @Matches(/^\//, { message: 'must be an absolute path' })
  readonly SECRET_REF_ROOT!: string;

  @TextVariable({
    description: 'What variables begin with that a node may name as its `env:` secret.',
    default: 'HUB_EXPORT_SECRET_',
  })
  @Matches(/^[A-Za-z_][A-Za-z0-9_]{2,63}$/, {
    message: 'must be the beginning of a variable, of at least 3 characters',
  })
  readonly SECRET_REF_ENV_PREFIX!: string;

  @ListVariable({
    description:
      'Hosts (`host` or `host:port`) of hubs that may be named by an IP address or at another port than 443; all others ' +
      'are refused. Outside production this machine itself is allowed.',
    default: [],
  })
  @ValidateBy({
    name: 'areHosts',
    validator: { validate: areHosts, defaultMessage: () => 'must be host or host:port, without a default port' },
  })
  readonly HUB_HOSTS!: readonly string[];

  @TextVariable({
    description:
      'The private directory where sealed media is kept until the hub has acknowledged it, on a disk that outlasts ' +
      'restarts; shared by all processes of the service. It is made at the first sealed transfer.',
    default: '.data/staging',
  })
  readonly STAGING_DIR!: string;

  @BooleanVariable({
    description: 'Whether marked resources are queued by themselves when the reversibility window is over.',
    default: false,
  })
  readonly AUTO_QUEUE!: boolean;

  @IntegerVariable({
    description: 'How long a mark can be taken back before it is queued by itself, in seconds.',
    min: 0,
    max: 604_800,
    default: 300,
  })
  readonly REVERSIBILITY_WINDOW_SECONDS!: number;

  @TextVariable({ description: 'The time zone of the hubs’ time windows (IANA name).', default: 'UTC' })
  @ValidateBy({
    name: 'isTimeZone',
    validator: { validate: isTimeZone, defaultMessage: () => 'must be an IANA time zone' },
  })
  readonly TIME_ZONE!: string;

  @IntegerVariable({ description: 'Transfers that one process sends at the same time.', min: 1, max: 64, default: 4 })
  readonly SENDER_CONCURRENCY!: number;

  @IntegerVariable({
    description: 'How long a worker that went silent keeps its transfer, in milliseconds.',
    min: 1_000,
    max: 600_000,
    default: 15_000,
  })
  readonly LEASE_MS!: number;

  @IntegerVariable({
    description: 'How often waiting transfers are looked for when nothing wakes the sender, in milliseconds.',
    min: 50,
    max: 60_000,
    default: 5_000,
  })
  readonly SWEEP_INTERVAL_MS!: number;

  @IntegerVariable({ description: 'First delay of a retry, in milliseconds.', min: 1, max: 3_600_000, default: 30_000 })
  @ValidateBy({
    name: 'isWithinCap',
    validator: { validate: isWithinCap, defaultMessage: () => 'must not be more than RETRY_CAP_MS' },
  })
  readonly RETRY_BASE_MS!: number;

  @IntegerVariable({
    description: 'Longest delay of a retry, in milliseconds.',
    min: 1,
    max: 86_400_000,
    default: 900_000,
  })
  readonly RETRY_CAP_MS!: number;

  @IntegerVariable({ description: 'Automatic attempts before a person must look.', min: 1, max: 100, default: 5 })
  readonly RETRY_ATTEMPTS_MAX!: number;

  @IntegerVariable({
    description: 'Time limit to connect to a hub, in milliseconds.',
    min: 100,
    max: 120_000,
    default: 10_000,
  })
  readonly HUB_CONNECT_TIMEOUT_MS!: number;

  @IntegerVariable({
    description:
      'Time limit without any movement until the hub answers, in milliseconds; it must exceed the hub’s own work.',
    min: 100,
    max: 21_600_000,
    default: 600_000,
  })
  readonly HUB_ANSWER_TIMEOUT_MS!: number;

  @IntegerVariable({
    description: 'Time limit of a whole call, in milliseconds.',
    min: 100,
    max: 86_400_000,
    default: 21_600_000,
  })
  readonly HUB_TOTAL_TIMEOUT_MS!: number;

  @IntegerVariable({
    description: 'How often a hub that is busy with a transfer is asked for it, in milliseconds.',
    min: 10,
    max: 600_000,
    default: 5_000,
  })
  readonly HUB_BUSY_POLL_MS!: number;

  @IntegerVariable({
    description:
      'How long a hub holds a transfer for an upload it never heard of again, in milliseconds; after that the media ' +
      'is sent once more.',
    min: 100,
    max: 86_400_000,
    default: 1_800_000,
  })
  readonly HUB_LEASE_MS!: number;
}

function areHosts(value: unknown): boolean {
  return (value as readonly string[]).every((host) => {
    const url = URL.canParse(`https://${host}/`) ? new URL(`https://${host}/`) : null;
    return url !== null && url.host === host && url.pathname === '/';
  });
}

function isThereWithHosts(file: unknown, validation?: ValidationArguments): boolean {
  const { MEDIA_HTTPS_HOSTS: hosts } = validation?.object as TransferVariables;
  return file !== undefined || hosts.length === 0;
}

function isThereWithCertificate(file: unknown, validation?: ValidationArguments): boolean {
  const { MEDIA_HTTPS_CERT_FILE: certificate } = validation?.object as TransferVariables;
  return (file === undefined) === (certificate === undefined);
}

/** Whoever serves media in plaintext has to know whom. */
function isTokenOrCertificate(file: unknown, validation?: ValidationArguments): boolean {
  const { MEDIA_HTTPS_HOSTS: hosts, MEDIA_HTTPS_CERT_FILE: certificate } = validation?.object as TransferVariables;
  return hosts.length === 0 || file !== undefined || certificate !== undefined;
}

function isTimeZone(value: unknown): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: String(value) }));
  } catch {
    return false;
  }
}

/** The first delay must be one that the longest allows. */
function isWithinCap(base: unknown, validation?: ValidationArguments): boolean {
  const { RETRY_CAP_MS: cap } = validation?.object as TransferVariables;
  return cap === undefined || Number(base) <= cap;
}

export interface SendingConfig {
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly sweepIntervalMs: number;
  readonly retry: RetryPolicy;
  readonly timeouts: HubTimeouts;
  readonly busyHub: BusyHub;
  readonly mediaRoot: string;
  readonly mediaMaxBytes: number;
  readonly mediaHardLinks: 'refused' | 'allowed';
  readonly secretScope: SecretScope;
  readonly hubHosts: HubHosts;
  /** `null`: `https:` media is not fetched. */
  readonly httpsMedia: HttpsMediaConfig | null;
  /** Absolute. */
  readonly stagingDir: string;
  readonly timeZone: string;
  readonly autoQueue: { readonly on: boolean; readonly windowMs: number };
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly edge: HttpEdgeOptions;
  readonly databaseUrl: Secret;
  readonly bus: BusConfig;
  readonly sending: SendingConfig;
}

/**
 * The one place that reads the environment.
 * @throws {ConfigurationError} with everything that is wrong with it.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  refuseDisabledTlsVerification(environment);
  const variables = readVariables(TransferVariables, environment);
  return {
    host: variables.HOST,
    port: variables.PORT,
    edge: httpEdgeOptions(variables, { service: 'transfer-service', version: '0.1.0' }),
    databaseUrl: variables.DATABASE_URL,
    bus: busConfig(variables),
    sending: {
      concurrency: variables.SENDER_CONCURRENCY,
      leaseMs: variables.LEASE_MS,
      sweepIntervalMs: variables.SWEEP_INTERVAL_MS,
      retry: {
        baseMs: variables.RETRY_BASE_MS,
        capMs: variables.RETRY_CAP_MS,
        attemptsMax: variables.RETRY_ATTEMPTS_MAX,
      },
      timeouts: {
        connectMs: variables.HUB_CONNECT_TIMEOUT_MS,
        answerMs: variables.HUB_ANSWER_TIMEOUT_MS,
        totalMs: variables.HUB_TOTAL_TIMEOUT_MS,
      },
      busyHub: { pollMs: variables.HUB_BUSY_POLL_MS, leaseMs: variables.HUB_LEASE_MS },
      mediaRoot: variables.MEDIA_ROOT,
      mediaMaxBytes: variables.MEDIA_MAX_BYTES,
      mediaHardLinks: variables.MEDIA_HARD_LINKS ? 'allowed' : 'refused',
      secretScope: { root: variables.SECRET_REF_ROOT, envPrefix: variables.SECRET_REF_ENV_PREFIX },
      hubHosts: { allowed: variables.HUB_HOSTS, loopback: variables.NODE_ENV !== 'production' },
      httpsMedia: httpsMedia(variables),
      stagingDir: resolve(variables.STAGING_DIR),
      timeZone: variables.TIME_ZONE,
      autoQueue: { on: variables.AUTO_QUEUE, windowMs: variables.REVERSIBILITY_WINDOW_SECONDS * 1000 },
    },
  };
}

function httpsMedia(variables: TransferVariables): HttpsMediaConfig | null {
  const { MEDIA_HTTPS_HOSTS: hosts, MEDIA_HTTPS_CA_FILE: caFile, MEDIA_HTTPS_STALL_MS: stallMs } = variables;
  const { MEDIA_HTTPS_CERT_FILE: certFile, MEDIA_HTTPS_KEY_FILE: keyFile } = variables;
  if (hosts.length === 0 || caFile === undefined) return null;
  const client = certFile === undefined || keyFile === undefined ? null : { certFile, keyFile };
  const tokenFile = variables.MEDIA_HTTPS_TOKEN_FILE ?? null;
  return { hosts, caFile, client, tokenFile, stallMs, minBytesPerSecond: variables.MEDIA_HTTPS_MIN_BYTES_PER_SECOND };
}
