import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How often it is looked whether the event loop lags, in milliseconds; the library's own 10 ms is most of what a service at rest does. */
const EVENT_LOOP_LOOK_MS = 100;

/** The service's measurements. Parts make their own with `registers: [metrics.registry]`; labels from closed sets only. */
export class Metrics {
  readonly registry = new Registry();

  /** Requests that were refused for who asked, by code. */
  readonly accessRefused = new Counter({
    name: 'http_access_refused_total',
    help: 'Requests refused for lack of a valid token or role.',
    labelNames: ['code'],
    registers: [this.registry],
  });

  private readonly requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of HTTP requests by method, route template and class of status.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [this.registry],
  });

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  }

  observeRequest({
    method,
    route,
    status,
    seconds,
  }: {
    method: string;
    route: string;
    status: number;
    seconds: number;
  }): void {
    const labels = { method: METHODS.has(method) ? method : 'other', route, status: `${Math.floor(status / 100)}xx` };
    this.requests.observe(labels, seconds);
  }
}
