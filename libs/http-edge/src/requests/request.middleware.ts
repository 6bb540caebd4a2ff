import { randomUUID } from 'node:crypto';
import type { NextFunction, Response } from 'express';
import type { Log } from '../log/log.service.js';
import type { Metrics } from '../metrics/metrics.service.js';
import { isCorrelationId, withCorrelationId } from './correlation.context.js';
import { type EdgeRequest, routeOf, subjectHash } from './edge-request.js';

type Middleware = (request: EdgeRequest, response: Response, next: NextFunction) => void;

/** Gives each request its correlation id, the caller's (or its proxy's `X-Request-Id`) where it has the right form. First of all. */
export function correlate(): Middleware {
  return (request, response, next) => {
    const given = request.headers['x-correlation-id'] ?? request.headers['x-request-id'];
    const id = isCorrelationId(given) ? given : randomUUID();
    request.correlationId = id;
    response.setHeader('X-Correlation-Id', id);
    withCorrelationId(id, next);
  };
}

/** One log line and one measurement a request, when it is answered or given up. Never the URL, a header or the body. */
export function tellRequests(log: Log, metrics: Metrics): Middleware {
  return (request, response, next) => {
    const begun = process.hrtime.bigint();
    response.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
      const route = routeOf(request);
      metrics.observeRequest({ method: request.method, route, status: response.statusCode, seconds });
      log[levelOf(route, response.statusCode)]({
        event: 'request',
        method: request.method,
        route,
        status: response.statusCode,
        duration_ms: Math.round(seconds * 1_000),
        aborted: response.writableFinished ? undefined : true,
        correlation_id: request.correlationId,
        subject_hash: request.principal && subjectHash(request.principal.subject),
      });
    });
    next();
  };
}

/** Nothing is kept by anybody between: answers are about people's data and change at any time. */
export function forbidCaching(): Middleware {
  return (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
}

/** Probes and scrapes come every few seconds; they would drown the rest. */
function levelOf(route: string, status: number): 'debug' | 'info' | 'error' {
  if (/^\/(health\/(live|ready)|metrics)$/.test(route)) return 'debug';
  return status >= 500 ? 'error' : 'info';
}
