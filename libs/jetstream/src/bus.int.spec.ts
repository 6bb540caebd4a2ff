import { eventually, freePort, type FreshNats, freshNats } from '@hub-export/testing';
import { startNats } from '@hub-export/local-servers';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, connectBus } from './bus.client.js';
import { BusUnavailable } from './bus-errors.js';

// Real: nats-server, killed and started again.
describe('the connection to the bus', () => {
  let nats: FreshNats;
  const open: Bus[] = [];

  beforeAll(async () => {
    nats = await freshNats();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((bus) => bus.close()));
  });
  afterAll(() => nats.stop());

  function connected(servers: string): Bus {
    const bus = connectBus({ servers, name: 'spec' });
    open.push(bus);
    return bus;
  }

  it('is down, and says so, until the server comes', async () => {
    const port = await freePort();
    const bus = connected(`nats://127.0.0.1:${port}`);
    await expect(bus.connection(50)).rejects.toThrow(BusUnavailable);
    expect(bus.status()).toMatchObject({ up: false, serverVersion: null });

    const folder = await mkdtemp(join(tmpdir(), 'hub-export-nats-late-'));
    const late = await startNats({ storeDir: join(folder, 'store'), port, syncAlways: false });
    try {
      await bus.connection(10_000);
      expect(bus.status()).toMatchObject({ up: true, serverVersion: expect.stringMatching(/^2\./) });
    } finally {
      await late.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('gives up at once when closed before there ever was a server', async () => {
    const bus = connectBus({ servers: `nats://127.0.0.1:${await freePort()}`, name: 'spec' });
    const refused = expect(bus.connection(60_000)).rejects.toThrow(BusUnavailable);
    await bus.close();
    await refused;
    await expect(bus.connection()).rejects.toThrow(BusUnavailable);
  });

  it('comes again after a crash of the server, and tells its listeners each time', async () => {
    const bus = connected(nats.url);
    let comings = 0;
    bus.onReconnect(() => (comings += 1));
    await bus.connection();
    expect(comings).toBe(1);
    const { since } = bus.status();

    await nats.kill();
    await eventually(() => !bus.status().up, { what: 'the bus is seen to be down' });
    expect(bus.status().since >= since).toBe(true);
    await nats.restart();
    await eventually(() => bus.status().up && comings === 2, { what: 'the bus is up again' });
  });

  it('tells a listener nothing once it has gone', async () => {
    const bus = connected(nats.url);
    let told = false;
    bus.onReconnect(() => (told = true))();
    await bus.connection();
    expect(told).toBe(false);
  });

  it('sends what is under way before it closes', async () => {
    const sender = connectBus({ servers: nats.url, name: 'sender' });
    const reader = await connected(nats.url).connection();
    const got: string[] = [];
    reader.subscribe('drain.test', { callback: (_, message) => void got.push(message.string()) });
    await reader.flush();
    const connection = await sender.connection();
    for (let n = 0; n < 1_000; n += 1) connection.publish('drain.test', String(n));
    await sender.close();
    await eventually(() => got.length === 1_000, { what: 'all 1000 arrived' });
  });

  it('refuses a name that would be more than one token of a subject', () => {
    expect(() => connectBus({ servers: nats.url, name: 'a.>' })).toThrow(RangeError);
  });
});
