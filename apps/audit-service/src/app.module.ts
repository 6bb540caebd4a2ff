import { type HttpEdge, type Log, LOG } from '@hub-export/http-edge';
import type { Bus, JetStreamServer } from '@hub-export/jetstream';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { Config } from './config.js';
import { BusLeaver, ErrorAnswers, ServiceDatabase } from '@hub-export/service-runtime';
import { AccessController } from './access/access.controller.js';
import { AccessService } from './access/access.service.js';
import { CertificateController } from './certificate/certificate.controller.js';
import { CertificateService } from './certificate/certificate.service.js';
import { ChangesController } from './changes/changes.controller.js';
import { ChangesService } from './changes/changes.service.js';
import { CheckpointController } from './checkpoint/checkpoint.controller.js';
import { checkpointProviders } from './checkpoint/checkpoint.module.js';
import { CheckpointService } from './checkpoint/checkpoint.service.js';
import { CheckpointWorker } from './checkpoint/checkpoint.worker.js';
import { EntryConsumer } from './entry/entry.consumer.js';
import { EntryService } from './entry/entry.service.js';
import { ParkedRetry } from './entry/parked-retry.worker.js';
import { ExportController } from './export/export.controller.js';
import { ExportService } from './export/export.service.js';
import { IntegrityController } from './integrity/integrity.controller.js';
import { IntegrityService } from './integrity/integrity.service.js';
import { RecordController } from './record/record.controller.js';
import { RecordService } from './record/record.service.js';
import { ViewsProjection } from './record/views.projection.js';
import { RecheckService } from './recheck/recheck.service.js';
import { RecheckWorker } from './recheck/recheck.worker.js';
import { TreeService } from './tree/tree.service.js';
import { Watch } from './watch/watch.service.js';

/** What the app is made from. */
export interface AppNeeds {
  readonly config: Config;
  readonly edge: HttpEdge;
  /** Closed with the app. */
  readonly bus: Bus;
  readonly ingest: JetStreamServer;
  readonly database: ServiceDatabase;
}

/** The one file that knows all parts of audit-service. */
@Module({})
export class AppModule {
  static with({ config, edge, bus, ingest, database }: AppNeeds): DynamicModule {
    return {
      module: AppModule,
      imports: [edge.module],
      controllers: [
        EntryConsumer,
        RecordController,
        IntegrityController,
        CheckpointController,
        CertificateController,
        ExportController,
        AccessController,
        ChangesController,
      ],
      providers: [
        { provide: APP_INTERCEPTOR, useClass: ErrorAnswers },
        { provide: ServiceDatabase, useFactory: () => database },
        { provide: BusLeaver, useFactory: () => new BusLeaver(bus) },
        {
          provide: EntryService,
          inject: [ServiceDatabase],
          useFactory: (from: ServiceDatabase) => new EntryService(from, new ViewsProjection(), new TreeService()),
        },
        {
          provide: IntegrityService,
          inject: [ServiceDatabase],
          useFactory: (from: ServiceDatabase) => new IntegrityService(from),
        },
        {
          provide: RecordService,
          inject: [ServiceDatabase, IntegrityService],
          useFactory: (from: ServiceDatabase, integrity: IntegrityService) => new RecordService(from, integrity),
        },
        {
          provide: ParkedRetry,
          inject: [IntegrityService, LOG],
          useFactory: (integrity: IntegrityService, log: Log) =>
            new ParkedRetry(ingest, integrity, log, config.parkedRetryIntervalMs),
        },
        {
          provide: CheckpointService,
          inject: [ServiceDatabase],
          useFactory: (from: ServiceDatabase) => new CheckpointService(from, new TreeService()),
        },
        {
          provide: AccessService,
          inject: [ServiceDatabase],
          useFactory: (from: ServiceDatabase) => new AccessService(from),
        },
        {
          provide: ChangesService,
          inject: [ServiceDatabase, RecordService],
          useFactory: (from: ServiceDatabase, record: RecordService) => new ChangesService(from, record),
        },
        {
          provide: ExportService,
          inject: [ServiceDatabase, RecordService],
          useFactory: (from: ServiceDatabase, record: RecordService) =>
            new ExportService(from, record, config.exportIdleMs),
        },
        {
          provide: CertificateService,
          inject: [ServiceDatabase, IntegrityService],
          useFactory: (from: ServiceDatabase, integrity: IntegrityService) =>
            new CertificateService(from, integrity, new TreeService()),
        },
        {
          provide: RecheckWorker,
          inject: [ServiceDatabase, LOG],
          useFactory: (from: ServiceDatabase, log: Log) =>
            new RecheckWorker(from, new RecheckService(), config.recheck, log),
        },
        ...checkpointProviders(config.checkpoints),
        {
          provide: Watch,
          inject: [IntegrityService, { token: CheckpointWorker, optional: true }],
          useFactory: (integrity: IntegrityService, checkpoints?: CheckpointWorker) =>
            new Watch(edge, { integrity, bus, stats: () => ingest.stats(), checkpoints: checkpoints ?? null }),
        },
      ],
    };
  }
}
