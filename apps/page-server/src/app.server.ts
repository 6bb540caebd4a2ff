import { createHttpApp, type EdgeRequest, type HttpEdge, Problem, sendProblem, serve } from '@hub-export/http-edge';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { isKnownHost } from './page/known-host.js';
import { checkPage, servePage } from './page/page.server.js';
import { Proxy } from './proxy/proxy.server.js';
import { BrowserEdge } from './session/browser.edge.js';

/** The server, put together. Services may come later, and come and go. */
export async function createPageServer(
  config: Config,
  edge: HttpEdge,
): Promise<{ readonly app: NestExpressApplication; readonly proxy: Proxy }> {
  const app = await createHttpApp(AppModule.with(config, edge), edge);
  const browser = app.get(BrowserEdge);
  const proxy = new Proxy({
    upstreams: config.upstreams,
    authorize: (request) => browser.authorize(request),
    registry: edge.metrics.registry,
    stopping: edge.stopping.signal,
  });
  app.use(requestId(), refuseUnknownHosts(config.publicUrl), proxy.handler(), ...servePage(config.pageDir));
  edge.health.register({ name: 'page', check: () => checkPage(config.pageDir) });
  return { app, proxy };
}

/** Listens at once, so that health answers. */
export async function startPageServer(config: Config, edge: HttpEdge): Promise<void> {
  const { app } = await createPageServer(config, edge);
  await serve(app, edge, { host: config.host, port: config.port });
}

/** What the services and the log call the correlation id, under the name that many proxies know. */
function requestId(): RequestHandler {
  return (request: EdgeRequest, response, next) => {
    response.setHeader('X-Request-Id', request.correlationId ?? '');
    next();
  };
}

/** Probes and scrapes come by addresses of their own. */
const FOR_OPERATIONS = /^\/(health\/(live|ready)|metrics)$/;

function refuseUnknownHosts(publicUrl: string | null): RequestHandler {
  return (request: EdgeRequest, response, next) => {
    if (FOR_OPERATIONS.test(request.path) || isKnownHost(request.headers['host'], publicUrl)) return next();
    sendProblem(request, response, new Problem(421, 'unknown_host', 'This server is not known by that name.'));
  };
}
