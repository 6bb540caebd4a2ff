import type { Server } from 'node:http';
import { type DynamicModule, type INestApplication, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { NestLog } from '../log/nest-log.service.js';
import { ProblemFilter } from '../problems/problem.filter.js';
import { createValidationPipe } from '../problems/validation.pipe.js';
import { BodyInterceptor } from '../requests/body.interceptor.js';
import { correlate, forbidCaching, tellRequests } from '../requests/request.middleware.js';
import { WriteRateGuard } from '../requests/write-rate.guard.js';
import { SignInGuard } from '../sign-in/sign-in.guard.js';
import type { HttpEdge } from './http-edge.module.js';
import { DOCS_PATH, serveOpenApi } from './openapi.server.js';
import { stopHttpApp, stopOnSignal } from './stop.server.js';

/** A request's headers must arrive within this time. */
const HEADERS_TIMEOUT_MS = 10_000;
/** A whole request must arrive within this time; the answer may take longer. */
const REQUEST_TIMEOUT_MS = 60_000;

/** The app of a service: its module and the edge, ready to listen (or to `connectMicroservice`, which inherits all). */
export async function createHttpApp(root: Type | DynamicModule, edge: HttpEdge): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(rootModule(root, edge), {
    ...APP_OPTIONS,
    logger: new NestLog(edge.log),
    abortOnError: false,
  });
  configureHttpApp(app, edge);
  return app;
}

/** For `Test.createTestingModule({ imports: [rootModule(AppModule, edge)] })`, where parts are to be overridden. */
export function rootModule(root: Type | DynamicModule, edge: HttpEdge): DynamicModule {
  return { module: HttpRoot, imports: [edge.module, root] };
}

/** What the app must be created with: bodies are read after sign-in, not before. */
export const APP_OPTIONS = { bodyParser: false } as const;

/** Puts the edge before an app that was created with `APP_OPTIONS`, before it is initialized. */
export function configureHttpApp(app: NestExpressApplication, edge: HttpEdge): void {
  const { log, metrics, verifier, options } = edge;
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(correlate(), tellRequests(log, metrics), forbidCaching());
  if (!options.production) app.use(DOCS_PATH, securityHeaders(DOCS_POLICY));
  app.use(securityHeaders(API_POLICY));
  app.useGlobalFilters(new ProblemFilter(log));
  app.useGlobalGuards(new SignInGuard(verifier, log, metrics), new WriteRateGuard(options.writesPerMinute));
  app.useGlobalInterceptors(new BodyInterceptor(options.bodyBytesMax));
  app.useGlobalPipes(createValidationPipe());
  serveOpenApi(app, options);
}

/** Listens, tells it, and stops on SIGTERM or SIGINT. */
export async function serve(app: INestApplication, edge: HttpEdge, at: { host: string; port: number }): Promise<void> {
  const server = app.getHttpServer() as Server;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await app.listen(at.port, at.host);
  const address = server.address();
  edge.log.info({ event: 'listening', port: typeof address === 'object' && address !== null ? address.port : at.port });
  stopOnSignal(() => stopHttpApp(app, edge), edge.log);
}

/** An answer of data loads nothing and is framed by nobody. */
const API_POLICY = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/** Swagger UI loads its own scripts, and puts styles into the page. */
const DOCS_POLICY = {
  ...API_POLICY,
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
};

type Handler = ReturnType<typeof helmet>;

/** The first policy set for a request stays: the page's own comes before the one of all others. */
function securityHeaders(directives: Record<string, string[]>): Handler {
  const set = helmet({ contentSecurityPolicy: { useDefaults: false, directives } });
  return (request, response, next) => {
    if (response.hasHeader('Content-Security-Policy')) return next();
    set(request, response, next);
  };
}

@Module({})
class HttpRoot {}
