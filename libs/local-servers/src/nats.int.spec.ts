import { spawn } from 'node:child_process';
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
    const varz = (await (await fetch(`${server.monitorUrl}/varz`)).json()) as Record<string, any>;
    expect([varz['host'], varz['port']]).toEqual(['127.0.0.1', server.port]);
    expect(varz['jetstream'].config.sync_always).toBe(true);
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

  it('does not outlive a process that is killed before it could stop it', async () => {
    const lib = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    const script = `
      const { startNats } = await import(${JSON.stringify(lib)});
      const server = await startNats({ storeDir: ${JSON.stringify(join(home, 'other'))}, syncAlways: false });
      console.log(server.pid);
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await new Promise((resolve) => owner.stdout.once('data', (data) => resolve([data])))) as [
      Buffer,
    ];
    const pid = Number(printed.toString());
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await untilEnded(pid);
  });

  it('can be stopped by the process that finds it orphaned, not by one beside its living owner', async () => {
    const owner = await startNats(options);
    expect(owner.pid).toBe(server.pid);
    await owner.stop();
    expect(isAlive(server.pid)).toBe(false);
    server = await startNats(options);
  });
});

/** A shell does the cleaning, so there is nothing to await but the effect. */
async function untilEnded(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries += 1) {
    if (tries === 500) throw new Error('The server outlived its owner by 10 s.');
    await wait(20);
  }
}
