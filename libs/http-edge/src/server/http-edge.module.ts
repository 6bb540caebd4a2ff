import { type DynamicModule, Module } from '@nestjs/common';
import type { DestinationStream } from 'pino';
import { HealthChecks } from '../health/health-checks.service.js';
import { HealthController } from '../health/health.controller.js';
import { createLogger, type Log, type LogLevel } from '../log/log.service.js';
import { MetricsController } from '../metrics/metrics.controller.js';
import { Metrics } from '../metrics/metrics.service.js';
import { type AuthOptions, createTokenVerifier, type TokenVerifier } from '../sign-in/token.verifier.js';

/** What a service decides about its edge; `httpEdgeOptions` makes it from the variables. */
export interface HttpEdgeOptions {
  /** The service's name, in its log, metrics and API document. */
  readonly service: string;
  readonly version: string;
  readonly production: boolean;
  readonly auth: AuthOptions;
  readonly logLevel: LogLevel;
  /** The largest body of a route without `@BodyLimit`, in bytes. */
  readonly bodyBytesMax: number;
  /** So many writes one caller may send in a minute. */
  readonly writesPerMinute: number;
  /** Field names that this service logs beyond those of `LOG_FIELDS`. */
  readonly logFields?: readonly string[];
  /** Where log lines go; standard output by default, a test's own stream in tests. */
  readonly logDestination?: DestinationStream;
}

/** The edge of a service before there is an app: what parts of the service need of it. */
export interface HttpEdge {
  readonly options: HttpEdgeOptions;
  readonly log: Log;
  readonly health: HealthChecks;
  readonly metrics: Metrics;
  readonly verifier: TokenVerifier;
  /** Aborted when the service begins to stop: long answers (server-sent events) end then. */
  readonly stopping: AbortController;
  /** Imported by a module whose parts want `HealthChecks`, `Metrics` or `LOG` injected. */
  readonly module: DynamicModule;
}

/** The token under which the service's `Log` is injected. */
export const LOG = Symbol('Log');

/** @throws Error when `dev` sign-in is asked for in production. */
export function createHttpEdge(options: HttpEdgeOptions): HttpEdge {
  const { service, logLevel: level, logFields: fields = [], logDestination } = options;
  const log = createLogger({ service, level, fields, ...(logDestination && { destination: logDestination }) });
  const health = new HealthChecks();
  const metrics = new Metrics(service);
  const verifier = createTokenVerifier(options.auth, options.production);
  const module: DynamicModule = {
    module: HttpEdgeModule,
    controllers: [HealthController, MetricsController],
    providers: [
      { provide: HealthChecks, useValue: health },
      { provide: Metrics, useValue: metrics },
      { provide: LOG, useValue: log },
    ],
    exports: [HealthChecks, Metrics, LOG],
  };
  return { options, log, health, metrics, verifier, stopping: new AbortController(), module };
}

/** Holds the routes of health and metrics; made by `createHttpEdge`. */
@Module({})
class HttpEdgeModule {}
