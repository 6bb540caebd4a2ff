import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HubSimulatorConfig } from './config.js';
import { ControlServer } from './control/control.server.js';
import { HubServer } from './edge/hub.server.js';
import { readRecipientKeys } from './envelope/recipient-keys.js';
import { FaultBook } from './faults/fault-book.js';
import { Hub } from './hub.service.js';
import { Journal } from './journal/journal.service.js';
import { type JournalRecord } from './journal/record.js';
import { MediaStore } from './media/media-store.service.js';
import { HubMemory } from './transfer/hub-memory.js';

/** A hub that runs. */
export interface RunningHub {
  /** Where senders find it, e.g. `https://127.0.0.1:4443/`. */
  readonly url: string;
  /** Where its control interface is, e.g. `http://127.0.0.1:4444`. */
  readonly controlUrl: string;
  /** Drops every connection and closes the journal. Another start on the same folder goes on from here. */
  close(): Promise<void>;
}

/** Starts a hub: finds its state in the data folder again, and listens. */
export async function startHubSimulator(config: HubSimulatorConfig): Promise<RunningHub> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const memory = new HubMemory();
  const journal = await Journal.open(join(config.dataDir, 'journal.jsonl'), (record) => replay(memory, record));
  const hub = new Hub(memory, journal, await MediaStore.open(config.dataDir), {
    profile: config.profile,
    featureEnabled: config.featureEnabled,
    network: config.network,
    maxUploadBytes: config.maxUploadBytes,
    leaseMs: config.leaseMs,
    recipientKeys: readRecipientKeys(config.recipientPrivateKeys),
  });
  const faults = new FaultBook();
  const server = new HubServer(hub, faults, { ...config.tls, clientCertificates: config.clientCertificates });
  const port = await server.listen(config.host, config.port);
  const control = new ControlServer(hub, faults, server, { host: config.host, port });
  const controlPort = await control.listen(config.controlPort);
  return {
    url: `https://${config.host}:${port}/`,
    controlUrl: `http://127.0.0.1:${controlPort}`,
    close: async () => {
      await control.close();
      await server.close();
      await journal.close();
    },
  };
}

function replay(memory: HubMemory, record: JournalRecord): void {
  switch (record.type) {
    case 'RequestBegun':
    case 'RequestEnded':
      return;
    default:
      memory.apply(record);
  }
}
