import { type Log, LOG } from '@hub-export/http-edge';
import { ServiceDatabase } from '@hub-export/service-runtime';
import { AnchorFile } from '@hub-export/transparency-log';
import type { Provider } from '@nestjs/common';
import { AccessAnchor } from '../access/access-anchor.service.js';
import { TreeService } from '../tree/tree.service.js';
import type { CheckpointConfig } from './checkpoint-config.file.js';
import { CheckpointDelivery } from './checkpoint-delivery.worker.js';
import { CheckpointEndpoint } from './checkpoint-endpoint.client.js';
import { CheckpointMaker } from './checkpoint-maker.service.js';
import { CheckpointWorker } from './checkpoint.worker.js';

/** What makes checkpoints, in a process that has the key. */
export function checkpointProviders(config: CheckpointConfig | null): readonly Provider[] {
  if (config === null) return [];
  const { folder, url, toStdout } = config;
  return [
    {
      provide: CheckpointWorker,
      inject: [ServiceDatabase, LOG],
      useFactory: (database: ServiceDatabase, log: Log) => {
        const maker = new CheckpointMaker(config.signing, new TreeService(), new AnchorFile(folder), config.rule, log);
        const output = toStdout ? (line: string) => void process.stdout.write(line) : null;
        const endpoint = url === null ? null : new CheckpointEndpoint(url);
        const delivery = new CheckpointDelivery(database, { folder, endpoint, output }, log);
        const accesses = new AccessAnchor(config.signing, new AnchorFile(folder), config.rule, log);
        return new CheckpointWorker(database, { maker, accesses, delivery }, log);
      },
    },
  ];
}
