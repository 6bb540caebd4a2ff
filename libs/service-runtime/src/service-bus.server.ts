import { type Bus, connectBus } from '@hub-export/jetstream';
import type { BusConfig } from './service.variables.js';

/** The service's one connection to the bus, tried for until it is closed. */
export function openBus(name: string, { url, credentialsFile }: BusConfig): Bus {
  return connectBus({ servers: url, name, ...(credentialsFile === null ? {} : { credentialsFile }) });
}
