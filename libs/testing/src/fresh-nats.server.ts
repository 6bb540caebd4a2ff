import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, startNats } from '@hub-export/local-servers';

/** A nats-server of one spec file's own, which may be broken at will. */
export interface FreshNats {
  readonly url: string;
  /** The server's own HTTP pages; moves with each start. */
  readonly monitorUrl: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  readonly exited: Promise<number | null>;
  /** Stops in order and starts again on the same port with the same streams; starts a killed server, too. */
  restart(): Promise<void>;
  /** Stops hard, loses every stream, and starts again on the same port: a broker with a new disk. */
  wipe(): Promise<void>;
  /** Keeps what the streams hold now, for `rollBack`; starts again on the same port. */
  keep(): Promise<void>;
  /** Stops hard and starts again with what was kept: a broker restored from an old snapshot. */
  rollBack(): Promise<void>;
  /** Ends the server at once, as a crash would; its streams stay for `restart()`. */
  kill(): Promise<void>;
  /** Ends it for good and removes its files. */
  stop(): Promise<void>;
}

export async function freshNats(): Promise<FreshNats> {
  const home = await mkdtemp(join(tmpdir(), 'hub-export-nats-'));
  const storeDir = join(home, 'store');
  const start = (port: number): Promise<NatsServer> => startNats({ storeDir, port, syncAlways: false });
  let server = await start(0);
  return {
    url: server.url,
    port: server.port,
    get monitorUrl() {
      return server.monitorUrl;
    },
    get pid() {
      return server.pid;
    },
    get exited() {
      return server.exited;
    },
    async restart() {
      await server.stop();
      server = await start(server.port);
    },
    async wipe() {
      await server.kill();
      await rm(storeDir, { recursive: true, force: true });
      server = await start(server.port);
    },
    async keep() {
      await server.stop();
      await cp(storeDir, `${storeDir}-kept`, { recursive: true });
      server = await start(server.port);
    },
    async rollBack() {
      await server.kill();
      await rm(storeDir, { recursive: true, force: true });
      await cp(`${storeDir}-kept`, storeDir, { recursive: true });
      server = await start(server.port);
    },
    kill: () => server.kill(),
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
