import { isAtLeast, type NatsVersion } from './nats-version.js';

/** The largest message: a resource snapshot of a site with all its rows fits, and the server advises no more. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

/** How much the streams may reserve on the disk together. */
export const MAX_FILE_STORE_BYTES = 64 * 1024 ** 3;

export interface NatsSettings {
  readonly port: number;
  readonly monitorPort: number;
  /** Where JetStream keeps its streams. */
  readonly store: string;
  /** Whether a message is on the disk before it is acknowledged; the server knows this from 2.10 on. */
  readonly syncAlways: boolean;
  readonly version: NatsVersion;
}

/** The configuration file of the local nats-server. */
export function natsConfig({ port, monitorPort, store, syncAlways, version }: NatsSettings): string {
  const sync = syncAlways && isAtLeast(version, 2, 10) ? '\n  sync_interval: always' : '';
  return `listen: "127.0.0.1:${port}"
http: "127.0.0.1:${monitorPort}"
server_name: hub-export-local
max_payload: ${MAX_PAYLOAD_BYTES}
jetstream {
  store_dir: ${JSON.stringify(store)}
  max_memory_store: ${64 * 1024 ** 2}
  max_file_store: ${MAX_FILE_STORE_BYTES}${sync}
}
`;
}
