import { freePort, isFree } from '@hub-export/local-servers';
import { choosePorts, type Ports } from './ports.js';
import { type Lock, lockPort } from './site-lock.server.js';

/** The ports of a site, kept for it until they are released. */
export interface PortReservations {
  readonly ports: Ports;
  release(): Promise<void>;
}

/** Chooses ports that no other site of this machine will choose meanwhile. */
export async function reservePorts(wanted: Ports, last: Partial<Ports>): Promise<PortReservations> {
  const locks: Lock[] = [];
  const take = async (port: number) => {
    const lock = await lockPort(port);
    if (lock === null) return false;
    if (await isFree(port)) {
      locks.push(lock);
      return true;
    }
    await lock.release();
    return false;
  };
  const ports = await choosePorts({ wanted, last, take, freePort });
  return {
    ports,
    async release() {
      await Promise.all(locks.map((lock) => lock.release()));
    },
  };
}
