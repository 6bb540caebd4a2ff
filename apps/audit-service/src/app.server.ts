import { createHttpApp, type HttpEdge, serve } from '@hub-export/http-edge';
import { busStreams, CONCURRENCY_MAX, JetStreamServer } from '@hub-export/jetstream';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { type Config, SERVICE } from './config.js';
import { logReport, openBus, ServiceDatabase } from '@hub-export/service-runtime';
import { AUDIT_DURABLE, classifyEntryFailure, EVENT_SUBJECTS } from './entry/entry.consumer.js';
import { EntryService } from './entry/entry.service.js';

/** The service, put together. */
export interface AuditApp {
  readonly app: NestExpressApplication;
  readonly ingest: JetStreamServer;
}

/** Puts the service together without waiting for anybody: database and bus may come later. */
export async function createAuditApp(config: Config, edge: HttpEdge): Promise<AuditApp> {
  const bus = openBus(SERVICE.service, config.bus);
  const database = new ServiceDatabase({
    url: config.databaseUrl.reveal(),
    applicationName: SERVICE.service,
    pipeline: true,
    report: logReport(edge.log),
  });
  const ingest: JetStreamServer = new JetStreamServer({
    bus,
    streams: busStreams(config.bus),
    stream: 'HUB_EXPORT',
    durable: AUDIT_DURABLE,
    filter: EVENT_SUBJECTS,
    // Their order is the log's, whatever the order in which they come; together they share a transaction.
    concurrency: CONCURRENCY_MAX,
    // What is no JSON has a place in the log too, which is missing then.
    body: 'bytes',
    classify: classifyEntryFailure(edge.log),
    resumeFrom: () => app.get(EntryService).checkpoint(),
  });
  const app = await createHttpApp(AppModule.with({ config, edge, bus, ingest, database }), edge);
  app.connectMicroservice({ strategy: ingest }, { inheritAppConfig: true });
  return { app, ingest };
}

/** Listens at once, so that health answers, and begins to take events in. */
export async function startAuditApp(config: Config, edge: HttpEdge): Promise<void> {
  const { app } = await createAuditApp(config, edge);
  await app.startAllMicroservices();
  await serve(app, edge, { host: config.host, port: config.port });
}
