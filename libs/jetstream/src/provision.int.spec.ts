import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { AckPolicy, type JetStreamManager, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { type Bus, connectBus } from './bus.client.js';
import { ProvisioningError } from './bus-errors.js';
import { DriftCheck } from './drift-check.worker.js';
import { durableSpec } from './durable.js';
import { managerOf, provision } from './provision.client.js';
import { busStreams } from './streams.js';

// Real: nats-server with the streams as they are in production.
describe('provisioning', () => {
  const streams = busStreams();
  const audit = durableSpec({ stream: 'HUB_EXPORT', durable: 'audit', filter: 'hub-export.v1.>' });
  const wanted = { streams: Object.values(streams), durables: [audit] };
  let nats: FreshNats;
  let bus: Bus;
  let manager: JetStreamManager;

  beforeAll(async () => {
    nats = await freshNats();
    bus = connectBus({ servers: nats.url, name: 'spec' });
    manager = await managerOf(await bus.connection());
  });
  beforeEach(async () => {
    for (const name of await namesOf(manager)) await manager.streams.delete(name);
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  /** A server that has just deleted a stream of the name may fail at first. */
  function addStream(config: { name: string; subjects: string[] } & Partial<StreamConfig>): Promise<unknown> {
    return eventually(() => manager.streams.add(config), { what: `the stream ${config.name} is added` });
  }

  it('creates what is missing, and finds nothing to do the second time', async () => {
    const connection = await bus.connection();
    const first = await provision(connection, wanted);
    expect(first).toEqual({ created: ['HUB_EXPORT', 'HUB_EXPORT_SITE', 'HUB_EXPORT_PARKED', 'audit'], mended: [] });
    expect(await provision(connection, wanted)).toEqual({ created: [], mended: [] });
  });

  it('makes HUB_EXPORT a stream from which nobody deletes', async () => {
    const connection = await bus.connection();
    await provision(connection, wanted);
    await connection.request('hub-export.v1.x', 'body');
    await expect(manager.streams.deleteMessage('HUB_EXPORT', 1)).rejects.toThrow();
    await expect(manager.streams.purge('HUB_EXPORT')).rejects.toThrow();
  });

  it('may be done by several processes at once', async () => {
    const buses = Array.from({ length: 4 }, (_, n) => connectBus({ servers: nats.url, name: `spec-${n}` }));
    try {
      const done = await Promise.all(buses.map(async (each) => provision(await each.connection(), wanted)));
      expect(done.every(({ mended }) => mended.length === 0)).toBe(true);
      expect((await namesOf(manager)).sort()).toEqual(['HUB_EXPORT', 'HUB_EXPORT_PARKED', 'HUB_EXPORT_SITE']);
    } finally {
      await Promise.all(buses.map((each) => each.close()));
    }
  });

  it('mends what an update can change, and says what it was', async () => {
    const connection = await bus.connection();
    await addStream({
      name: 'HUB_EXPORT',
      subjects: ['hub-export.v0.>'],
      max_age: 1_000_000_000,
      max_bytes: 1_000,
    });
    await provision(connection, { streams: [streams.HUB_EXPORT] });
    await manager.consumers.add('HUB_EXPORT', {
      durable_name: 'audit',
      filter_subject: 'hub-export.v1.>',
      ack_policy: AckPolicy.Explicit,
      max_ack_pending: 1_000,
    });
    const { mended } = await provision(connection, wanted);
    expect(mended).toContainEqual({
      stream: 'HUB_EXPORT',
      durable: 'audit',
      field: 'max_ack_pending',
      wanted: 1,
      actual: 1_000,
      mendable: true,
    });
    expect(await provision(connection, wanted)).toEqual({ created: [], mended: [] });
    const { config } = await manager.streams.info('HUB_EXPORT');
    expect(config).toMatchObject({ subjects: ['hub-export.v1.>'], max_age: 0, deny_delete: true, deny_purge: true });
  });

  it('refuses, naming the places, what no update can change', async () => {
    await addStream({ name: 'HUB_EXPORT', subjects: ['hub-export.v1.>'], storage: StorageType.Memory });
    const refusal = await provision(await bus.connection(), wanted).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ProvisioningError);
    expect(refusal).toMatchObject({ code: 'not_mendable' });
    expect((refusal as ProvisioningError).drift).toContainEqual({
      stream: 'HUB_EXPORT',
      field: 'storage',
      wanted: 'file',
      actual: 'memory',
      mendable: false,
    });
  });

  it('refuses a durable that looks elsewhere', async () => {
    const connection = await bus.connection();
    await provision(connection, wanted);
    const elsewhere = { ...audit, filter_subject: 'hub-export.v1.node.>' };
    await expect(provision(connection, { streams: [], durables: [elsewhere] })).rejects.toMatchObject({
      code: 'not_mendable',
    });
  });

  it('says when the server takes too small messages, before it changes anything', async () => {
    const large = busStreams({ siteMessageMaxBytes: 9 * 1024 * 1024 });
    const refused = provision(await bus.connection(), { streams: Object.values(large) });
    await expect(refused).rejects.toMatchObject({ code: 'max_payload_too_small' });
    expect(await namesOf(manager)).toEqual([]);
  });

  it('says when the server has too little room', async () => {
    const vast = busStreams({ eventsMaxBytes: 10_000 * 1024 ** 3 });
    const refused = provision(await bus.connection(), { streams: [vast.HUB_EXPORT] });
    await expect(refused).rejects.toMatchObject({ code: 'storage_too_small' });
  });

  it('is checked again on a timer, and reports what it mended', async () => {
    const check = new DriftCheck(bus, wanted, 50);
    check.start();
    try {
      await eventually(() => check.report()?.ok, { what: 'the first check is done' });
      await manager.streams.update('HUB_EXPORT_SITE', { max_bytes: 5_000 });
      const mended = await eventually(() => check.report()?.drift.find(({ field }) => field === 'max_bytes'), {
        what: 'the drift is found',
      });
      expect(mended).toMatchObject({ stream: 'HUB_EXPORT_SITE', actual: 5_000 });
      expect((await manager.streams.info('HUB_EXPORT_SITE')).config.max_bytes).toBe(streams.HUB_EXPORT_SITE.max_bytes);
    } finally {
      await check.stop();
    }
  });

  it('is checked again at once when the server comes back with an empty disk', async () => {
    const check = new DriftCheck(bus, wanted);
    check.start();
    try {
      await eventually(() => check.report()?.ok, { what: 'the first check is done' });
      await nats.wipe();
      await eventually(async () => bus.status().up && (await namesOf(manager)).length === 3, {
        what: 'the streams are there again',
      });
    } finally {
      await check.stop();
    }
  });

  it('that cannot be done is reported with its code', async () => {
    await addStream({ name: 'HUB_EXPORT', subjects: ['hub-export.v1.>'], storage: StorageType.Memory });
    const check = new DriftCheck(bus, wanted);
    await expect(check.runOnce()).rejects.toThrow(ProvisioningError);
    expect(check.report()).toMatchObject({ ok: false, code: 'not_mendable' });
    expect(check.report()?.drift.map(({ field }) => field)).toContain('storage');
  });
});

async function namesOf(manager: JetStreamManager): Promise<string[]> {
  const names: string[] = [];
  for await (const name of manager.streams.names()) names.push(name);
  return names;
}
