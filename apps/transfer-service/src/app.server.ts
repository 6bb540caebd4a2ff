import { createHttpApp, type HttpEdge, serve } from '@hub-export/http-edge';
import { type Bus, busStreams, JetStreamServer } from '@hub-export/jetstream';
import { databaseTrouble, openBus } from '@hub-export/service-runtime';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.system.js';
import type { Config } from './config.js';
import { HubConnections } from './sending/hub-connection.client.js';
import { Watch } from './watch/watch.service.js';

/** The service, put together. */
export interface TransferApp {
  readonly app: NestExpressApplication;
  readonly consumer: JetStreamServer;
  readonly bus: Bus;
  /** Stops everything and leaves the bus. */
  close(): Promise<void>;
}

export interface TransferAppOptions {
  readonly clock?: Clock;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Puts the service together without waiting for anybody: database and bus may come later. */
export async function createTransferApp(
  config: Config,
  edge: HttpEdge,
  { clock = systemClock, environment = {} }: TransferAppOptions = {},
): Promise<TransferApp> {
  const bus = openBus('transfer-service', config.bus);
  const streams = busStreams(config.bus);
  const app = await createHttpApp(AppModule.with({ config, edge, bus, streams, clock, environment }), edge);
  const consumer = new JetStreamServer({
    bus,
    streams,
    stream: 'HUB_EXPORT',
    durable: 'transfer-reactions',
    // Of everything else the append signal tells, in every process.
    filter: 'hub-export.v1.resource.>',
    classify: (error) => {
      const trouble = databaseTrouble(error);
      return trouble === null ? { action: 'retry', code: 'handler_failed' } : { action: 'hold', code: trouble };
    },
  });
  app.connectMicroservice({ strategy: consumer }, { inheritAppConfig: true });
  app.get(Watch).watchConsumer(() => consumer.stats());
  const close = async () => {
    await app.close();
    await app.get(HubConnections).close();
    await bus.close();
  };
  return { app, consumer, bus, close };
}

/** Listens at once, so that health answers, and begins to work. */
export async function startTransferApp(
  config: Config,
  edge: HttpEdge,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { app } = await createTransferApp(config, edge, { environment });
  await app.startAllMicroservices();
  await serve(app, edge, { host: config.host, port: config.port });
}
