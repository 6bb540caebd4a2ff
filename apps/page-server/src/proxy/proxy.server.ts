import { pipeline } from 'node:stream/promises';
import { type EdgeRequest, Problem, sendProblem } from '@hub-export/http-edge';
import type { RequestHandler, Response } from 'express';
import { Counter, Gauge, type Registry } from 'prom-client';
import { Agent, type Dispatcher } from 'undici';
import type { UpstreamName } from '../config.js';
import { requestHeaders, responseHeaders } from './headers.js';
import { type ProxyRoute, routeOf } from './routes.js';

/** Connections to each service for requests. */
const CONNECTIONS_MAX = 64;
/** Pages that may listen at the same time; each holds a connection. */
export const LIVE_MAX = 200;
/** Of them those of one caller, each a tab of a browser, so that nobody takes the places of all others. */
export const LIVE_OF_ONE_MAX = 20;
const CONNECT_TIMEOUT_MS = 3_000;
/** A service that says nothing for so long is given up; a read may itself wait 5 s for a position. */
const SILENCE_MS = 60_000;
/** A heartbeat comes every 15 s. */
const LIVE_SILENCE_MS = 60_000;

/** Who asks a service. */
export interface Caller {
  /** What goes on to the service. */
  readonly authorization: string | undefined;
  /** The same for all requests of one caller, and said to nobody. */
  readonly name: string;
}

/** Finds who asks. Throws a Problem where the request is refused. */
export type Authorize = (request: EdgeRequest) => Promise<Caller>;

export interface ProxyOptions {
  readonly upstreams: Readonly<Record<UpstreamName, string>>;
  readonly authorize: Authorize;
  readonly registry: Registry;
  /** Aborted when the server stops: open streams end then. */
  readonly stopping: AbortSignal;
}

/** Hands requests to the services and their answers back, as they come; nothing is kept and nothing is sent twice. */
export class Proxy {
  private readonly requests = new Agent({
    connections: CONNECTIONS_MAX,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  });
  private readonly streams = new Agent({
    connections: LIVE_MAX,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: LIVE_SILENCE_MS,
  });
  /** Open streams by their caller. */
  private readonly listening = new Map<string, number>();
  private readonly failures: Counter<'service' | 'code'>;

  constructor(private readonly options: ProxyOptions) {
    this.failures = new Counter({
      name: 'page_proxy_failures_total',
      help: 'Requests that a service did not answer, by service and code.',
      labelNames: ['service', 'code'],
      registers: [options.registry],
    });
    const listening = (): number => this.listeners();
    new Gauge({
      name: 'page_live_streams',
      help: 'Pages that listen to changes now.',
      registers: [options.registry],
      collect() {
        this.set(listening());
      },
    });
  }

  /** Express middleware: what no service answers goes on to the next. */
  handler(): RequestHandler {
    return (request: EdgeRequest, response, next) => {
      const route = routeOf(request.path);
      if (route === undefined) return next();
      // So that log and metrics name the route, and never the path itself.
      request.route = { path: route.prefix };
      this.forward(request, response, route).catch((error: unknown) => {
        // The browser left: there is nobody to tell, and the service is not at fault.
        if (response.destroyed) return;
        const problem = problemOf(error, route);
        if (problem.status >= 502) this.failures.inc({ service: route.service, code: problem.code });
        if (response.headersSent) response.destroy();
        else sendProblem(request, response, problem);
      });
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.requests.destroy(), this.streams.destroy()]);
  }

  private async forward(request: EdgeRequest, response: Response, route: ProxyRoute): Promise<void> {
    if (Number(request.headers['content-length'] ?? 0) > route.bodyBytesMax) {
      const { bodyBytesMax } = route;
      throw new Problem(
        413,
        'body_too_large',
        `The body is larger than the ${bodyBytesMax} bytes that this route takes.`,
      );
    }
    const { authorization, name } = await this.options.authorize(request);
    if (!route.live) return this.pass(request, response, route, authorization, this.requests);
    const leave = this.listen(name);
    try {
      await this.pass(request, response, route, authorization, this.streams);
    } finally {
      leave();
    }
  }

  /**
   * Takes a place among those that listen; the answer gives it back.
   * @throws {Problem} 503 `too_many_streams`, 429 `too_many_streams_of_one`
   */
  private listen(name: string): () => void {
    if (this.listeners() >= LIVE_MAX) {
      throw new Problem(503, 'too_many_streams', 'Too many pages listen already.', { retryAfterSeconds: 30 });
    }
    const own = this.listening.get(name) ?? 0;
    if (own >= LIVE_OF_ONE_MAX) {
      throw new Problem(429, 'too_many_streams_of_one', 'Your other pages listen already; close some of them.', {
        retryAfterSeconds: 30,
      });
    }
    this.listening.set(name, own + 1);
    return () => {
      const left = (this.listening.get(name) ?? 0) - 1;
      if (left > 0) this.listening.set(name, left);
      else this.listening.delete(name);
    };
  }

  private listeners(): number {
    return [...this.listening.values()].reduce((sum, own) => sum + own, 0);
  }

  private async pass(
    request: EdgeRequest,
    response: Response,
    route: ProxyRoute,
    authorization: string | undefined,
    dispatcher: Dispatcher,
  ): Promise<void> {
    const left = new AbortController();
    response.once('close', () => left.abort());
    const signal = route.live ? AbortSignal.any([left.signal, this.options.stopping]) : left.signal;
    const answer = await dispatcher.request({
      origin: this.options.upstreams[route.service],
      path: request.originalUrl,
      method: request.method,
      headers: requestHeaders(request.headers, { authorization, correlationId: request.correlationId ?? '' }),
      body: hasBody(request) ? request : null,
      signal,
    });
    response.status(answer.statusCode);
    for (const [name, value] of responseHeaders(answer.headers)) response.setHeader(name, value);
    // An answer that comes bit by bit is shown to begin at once.
    response.flushHeaders();
    await pipeline(answer.body, response);
  }
}

function hasBody({ headers }: EdgeRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** undici's own codes of a service that said nothing in time. */
const SILENT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function problemOf(error: unknown, { service }: ProxyRoute): Problem {
  if (error instanceof Problem) return error;
  const code = String((error as { code?: unknown }).code);
  return SILENT.has(code)
    ? new Problem(504, 'service_silent', `The ${service}-service did not answer in time.`, { retryAfterSeconds: 5 })
    : new Problem(502, 'service_unreachable', `The ${service}-service cannot be reached now.`, {
        retryAfterSeconds: 5,
      });
}
