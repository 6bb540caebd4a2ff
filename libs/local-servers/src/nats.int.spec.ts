import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type NatsServer, startNats } from './nats.server.js';
import { isAlive } from './server.process.js';

describe('a local nats-server', () => {
  const home = mkdtempSync(join(tmpdir(), 'hub-export-nats-'));
  const options = { storeDir: join(home, 'store'), syncAlways: true };
  let server: NatsServer;

  beforeAll(async () => {
    server = await startNats(options);
  });

  afterAll(async () => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('listens on loopback alone, and syncs each message', async () => {
    const varz = (await (await fetch(`${server.monitorUrl}/varz`)).json()) as {
      host: string;
      port: number;
      jetstream: { config: { sync_always: boolean } };
    };
    expect([varz.host, varz.port]).toEqual(['127.0.0.1', server.port]);
    expect(varz.jetstream.config.sync_always).toBe(true);
  });

  it('is taken up where it runs already, not started twice on one store', async () => {
    const again = await startNats(options);
    expect([again.pid, again.url, again.monitorUrl]).toEqual([server.pid, server.url, server.monitorUrl]);
  });

  it('keeps its streams and its port when it was killed', async () => {
    const { port, pid } = server;
    const before = await connect({ servers: server.url });
    await (await jetstreamManager(before)).streams.add({ name: 'KEPT', subjects: ['kept'] });
    await jetstream(before).publish('kept', 'message');
    await before.close();
    await server.kill();

    server = await startNats(options);
    expect([server.port === port, server.pid === pid]).toEqual([true, false]);
    const after = await connect({ servers: server.url });
    expect((await (await jetstreamManager(after)).streams.info('KEPT')).state.messages).toBe(1);
    await after.close();
  });

  it('is left alone by those beside its living owner, and does not outlive an owner that is killed', async () => {
    const storeDir = join(home, 'other');
    const lib = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    const script = `
      const { startNats } = await import(${JSON.stringify(lib)});
      await startNats({ storeDir: ${JSON.stringify(storeDir)}, syncAlways: false });
      console.log('started');
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(owner.stdout, 'data');
      const beside = await startNats({ storeDir, syncAlways: false });
      await beside.stop();
      expect(isAlive(beside.pid)).toBe(true);

      owner.kill('SIGKILL');
      await untilEnded(beside.pid);
    } finally {
      owner.kill('SIGKILL');
    }
  });
});

/** A shell does the cleaning, so there is nothing to await but the effect. */
async function untilEnded(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries += 1) {
    if (tries === 500) throw new Error('The server outlived its owner by 10 s.');
    await wait(20);
  }
}
