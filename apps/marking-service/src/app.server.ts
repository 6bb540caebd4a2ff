import { createHttpApp, type HttpEdge, serve } from '@hub-export/http-edge';
import { type Bus, busStreams, JetStreamServer } from '@hub-export/jetstream';
import { openBus } from '@hub-export/service-runtime';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { type Config, SERVICE } from './config.js';
import type { Clock } from './edge/clock.js';
import { ParkedService } from './parked/parked.service.js';
import { classifySiteFailure, SITE_DURABLE, SITE_SUBJECTS } from './site/site.consumer.js';
import { Watch } from './watch/watch.service.js';

/** The service, put together. */
export interface MarkingApp {
  readonly app: NestExpressApplication;
  readonly site: JetStreamServer;
  readonly bus: Bus;
}

/** Puts the service together without waiting for anybody: database and bus may come later. */
export async function createMarkingApp(
  config: Config,
  edge: HttpEdge,
  clock: Clock = () => new Date().toISOString(),
): Promise<MarkingApp> {
  const bus = openBus(SERVICE.service, config.bus);
  const streams = busStreams(config.bus);
  const app = await createHttpApp(AppModule.with({ config, edge, bus, streams, clock }), edge);
  const site = new JetStreamServer({
    bus,
    streams,
    stream: 'HUB_EXPORT_SITE',
    durable: SITE_DURABLE,
    filter: SITE_SUBJECTS,
    unmatched: 'park',
    classify: classifySiteFailure,
  });
  app.connectMicroservice({ strategy: site }, { inheritAppConfig: true });
  app.get(Watch).watchSite(() => site.stats());
  app.get(ParkedService).attach(site);
  return { app, site, bus };
}

/** Listens at once, so that health answers, and begins to take site messages. */
export async function startMarkingApp(config: Config, edge: HttpEdge): Promise<void> {
  const { app } = await createMarkingApp(config, edge);
  await app.startAllMicroservices();
  await serve(app, edge, { host: config.host, port: config.port });
}
