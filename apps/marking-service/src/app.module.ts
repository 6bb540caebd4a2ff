import {
  APPEND_SIGNAL,
  type AppendSignal,
  DOCUMENT_STORE,
  type DocumentStore,
  EVENT_STORE,
  type EventStore,
  EventStoreModule,
  ProjectionRunner,
  Relay,
} from '@hub-export/event-store';
import { type HttpEdge, type Log, LOG, Metrics } from '@hub-export/http-edge';
import { type Bus, type BusStreams, JetStreamEventBus } from '@hub-export/jetstream';
import { BusLeaver, ErrorAnswers, logReport, ServiceDatabase, ViewPosition } from '@hub-export/service-runtime';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { Config } from './config.js';
import { type Clock, CLOCK } from './edge/clock.js';
import { MarkController } from './mark/mark.controller.js';
import { MarkMetrics } from './mark/mark.metrics.js';
import { MarkService } from './mark/mark.service.js';
import { ResourceNumbers } from './mark/resource-numbers.service.js';
import { NetworkService } from './network/network.service.js';
import { OverviewController } from './overview/overview.controller.js';
import { OverviewService } from './overview/overview.service.js';
import { ParkedController } from './parked/parked.controller.js';
import { ParkedService } from './parked/parked.service.js';
import { PrivacyController } from './privacy/privacy.controller.js';
import { PrivacyService } from './privacy/privacy.service.js';
import { Refusals } from './refusal/refusal.service.js';
import { ResourceController } from './resource/resource.controller.js';
import { ResourceListService } from './resource/resource-list.service.js';
import { ResourceService } from './resource/resource.service.js';
import { SiteConsumer } from './site/site.consumer.js';
import { MarkingProjection } from './view/marking.projection.js';
import { VIEW_ENTITIES } from './view/view.entity.js';
import { Watch } from './watch/watch.service.js';

/** What the app is made from; the bus is opened by `createMarkingApp` and left when the app closes. */
export interface AppNeeds {
  readonly config: Config;
  readonly edge: HttpEdge;
  readonly bus: Bus;
  readonly streams: BusStreams;
  readonly clock: Clock;
}

/** The one file that knows all parts of marking-service. */
@Module({})
export class AppModule {
  static with({ config, edge, bus, streams, clock }: AppNeeds): DynamicModule {
    const url = config.databaseUrl.reveal();
    const report = logReport(edge.log);
    return {
      module: AppModule,
      imports: [
        edge.module,
        EventStoreModule.with({
          url,
          applicationName: 'marking-service log',
          relayTo: new JetStreamEventBus(bus, streams.HUB_EXPORT),
          report,
        }),
      ],
      controllers: [
        ResourceController,
        MarkController,
        PrivacyController,
        ParkedController,
        OverviewController,
        SiteConsumer,
      ],
      providers: [
        { provide: APP_INTERCEPTOR, useClass: ErrorAnswers },
        { provide: CLOCK, useValue: clock },
        // The last to go: site messages and events that are under way are finished before.
        { provide: BusLeaver, useFactory: () => new BusLeaver(bus) },
        {
          provide: ServiceDatabase,
          useFactory: () =>
            new ServiceDatabase({ url, applicationName: 'marking-service views', entities: VIEW_ENTITIES, report }),
        },
        {
          provide: ProjectionRunner,
          inject: [EVENT_STORE, APPEND_SIGNAL, ServiceDatabase],
          useFactory: (store: EventStore, signal: AppendSignal, { source }: ServiceDatabase) =>
            new ProjectionRunner({ store, signal, dataSource: source, projection: new MarkingProjection(), report }),
        },
        {
          provide: ViewPosition,
          inject: [EVENT_STORE, ProjectionRunner],
          useFactory: (store: EventStore, runner: ProjectionRunner) => new ViewPosition(store, runner),
        },
        {
          provide: NetworkService,
          inject: [EVENT_STORE, ServiceDatabase],
          useFactory: (store: EventStore, database: ServiceDatabase) => new NetworkService(store, database),
        },
        {
          provide: Refusals,
          inject: [EVENT_STORE, CLOCK, LOG],
          useFactory: (store: EventStore, now: Clock, log: Log) => new Refusals(store, now, log),
        },
        {
          provide: ResourceService,
          inject: [EVENT_STORE, DOCUMENT_STORE, NetworkService, ViewPosition, Refusals, CLOCK],
          useFactory: (
            store: EventStore,
            documents: DocumentStore,
            network: NetworkService,
            views: ViewPosition,
            refusals: Refusals,
            now: Clock,
          ) => new ResourceService(store, documents, network, views, refusals, now),
        },
        {
          provide: ResourceListService,
          inject: [ServiceDatabase, NetworkService, ViewPosition],
          useFactory: (database: ServiceDatabase, network: NetworkService, views: ViewPosition) =>
            new ResourceListService(database, network, views, config.showsFileNames),
        },
        { provide: MarkMetrics, inject: [Metrics], useFactory: (metrics: Metrics) => new MarkMetrics(metrics) },
        {
          provide: ResourceNumbers,
          inject: [ServiceDatabase, ViewPosition],
          useFactory: (database: ServiceDatabase, views: ViewPosition) => new ResourceNumbers(database, views),
        },
        {
          provide: MarkService,
          inject: [EVENT_STORE, NetworkService, ResourceNumbers, ViewPosition, Refusals, MarkMetrics, CLOCK],
          useFactory: (
            store: EventStore,
            network: NetworkService,
            numbers: ResourceNumbers,
            views: ViewPosition,
            refusals: Refusals,
            metrics: MarkMetrics,
            now: Clock,
          ) =>
            new MarkService(store, network, numbers, views, refusals, metrics, {
              clock: now,
              localCleanupPolicy: config.localCleanupPolicy,
            }),
        },
        { provide: ParkedService, inject: [LOG], useFactory: (log: Log) => new ParkedService(log) },
        {
          provide: OverviewService,
          inject: [ServiceDatabase, NetworkService],
          useFactory: (database: ServiceDatabase, network: NetworkService) =>
            new OverviewService(database, network, {
              minK: config.kAnonymityMin,
              showsFileNames: config.showsFileNames,
            }),
        },
        {
          provide: PrivacyService,
          inject: [ServiceDatabase, NetworkService, ResourceNumbers],
          useFactory: (database: ServiceDatabase, network: NetworkService, numbers: ResourceNumbers) =>
            new PrivacyService(database, network, numbers, config.kAnonymityMin),
        },
        {
          provide: Watch,
          inject: [ServiceDatabase, ViewPosition, Relay],
          useFactory: (database: ServiceDatabase, views: ViewPosition, relay: Relay) =>
            new Watch(edge, { database, views, relay, bus }),
        },
      ],
    };
  }
}
