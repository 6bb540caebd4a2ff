import { type Bus, busStreams, connectBus, JetStreamEventBus } from '@hub-export/jetstream';
import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { jest } from '@jest/globals';
import { PostgresEventStore } from './postgres-event-store.js';
import { openPool } from './postgres-pool.js';
import { PostgresRelayLock } from './relay-lock.js';
import { Relay } from './relay.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';
import { request } from './testing/requests.js';

jest.setTimeout(60_000);

// Real: PostgreSQL and nats-server.
describe('the relay from PostgreSQL to JetStream', () => {
  let log: FreshLog;
  let nats: FreshNats;
  let pool: ReturnType<typeof openPool>;
  let store: PostgresEventStore;
  let bus: Bus;
  let events: JetStreamEventBus;
  let relay: Relay;
  let reports: string[];

  beforeAll(async () => {
    [log, nats, reports] = [await freshLog(), await freshNats(), []];
    pool = openPool({ url: log.urls.transfer, applicationName: 'store' });
    store = new PostgresEventStore(pool);
    bus = connectBus({ servers: nats.url, name: 'relay' });
    events = new JetStreamEventBus(bus, busStreams().HUB_EXPORT);
    const lock = new PostgresRelayLock(log.urls.transfer);
    relay = new Relay({ store, bus: events, lock, report: (code) => reports.push(code) });
    relay.start();
  });
  afterAll(async () => {
    await relay.stop();
    await bus.close();
    await nats.stop();
    await pool.end();
    await log.drop();
  });

  async function append(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => store.append(request())));
  }

  async function expectBusHoldsLog(): Promise<void> {
    const end = await store.position();
    const [last] = await store.readAll(end - 1, 1);
    await eventually(
      async () => {
        const { sequence, messageId } = await events.lastSequence().catch(() => ({ sequence: 0, messageId: null }));
        return sequence === end && messageId === last?.id;
      },
      { what: 'the bus holds the log' },
    );
  }

  it('brings all events over, each at its place', async () => {
    await append(1_200);
    await expectBusHoldsLog();
  });

  it('brings all again after the bus lost its disk, by itself', async () => {
    await nats.wipe();
    await expectBusHoldsLog();
    await append(5);
    await expectBusHoldsLog();
    expect(reports).not.toContain('relay_bus_recreated');
  });

  it('makes the bus anew, by itself, when it holds what was never recorded', async () => {
    const sequence = (await store.position()) + 1;
    await events.publish([
      { sequence, subject: 'hub-export.v1.transfer.TransferHeld.x', id: 'never-recorded', body: '{}' },
    ]);
    await eventually(() => reports.includes('relay_bus_recreated'), { what: 'the relay has seen it' });
    await expectBusHoldsLog();
    await append(5);
    await expectBusHoldsLog();
  });
});
