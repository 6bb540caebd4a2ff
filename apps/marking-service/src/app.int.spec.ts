import { createServer, connect as connectTo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeRoutes } from '@hub-export/http-edge';
import { eventually, freePort, freshDatabase, freshNats } from '@hub-export/testing';
import { migrateMarking } from './migrations/marking.migration.js';
import { hashOf, reportSnapshot, TestSite } from './testing/marking.testing.js';

describe('marking-service', () => {
  let site: TestSite;

  beforeAll(async () => {
    site = await TestSite.open();
    await site.recordNodes();
  });

  afterAll(() => site.close());

  it('lets nobody in who does not say who they are, but for health and metrics', async () => {
    const service = await site.service();
    const routes = describeRoutes(service.made.app);
    expect(routes.filter(({ access }) => access === 'closed')).toEqual([]);
    const open = routes.filter(({ access }) => access === 'public').map(({ path }) => path);
    expect(open.sort()).toEqual(['/health/live', '/health/ready', '/metrics']);
    expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual(
      expect.arrayContaining([
        'PUT /v1/resources/:kind/:resource_hash',
        'POST /v1/marks',
        'POST /endoreg-api/hub-export/mark',
        'POST /api/hub-export/unmark',
      ]),
    );
  });

  it('starts before its database, says so, and goes on when it is there', async () => {
    const port = await freePort();
    const away = new URL(site.database.url);
    away.host = `127.0.0.1:${port}`;
    const service = await site.service({ on: away.href });
    const caller = await service.as();
    const checks = async () => (await caller.get('/health/ready')).body.checks;
    expect(await checks()).toContainEqual(expect.objectContaining({ name: 'database', code: 'database_down' }));
    expect(await checks()).toContainEqual(expect.objectContaining({ name: 'bus', code: 'bus_down' }));
    for (const answer of [
      await caller.post('/v1/marks', { resources: [{ resource_kind: 'report', resource_hash: hashOf(1) }] }),
      await caller.put(`/v1/resources/report/${hashOf(1)}`, reportSnapshot(1)),
      await caller.get('/v1/resources'),
      await caller.get('/endoreg-api/hub-export/overview/'),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
    }

    const door = await openDoor(port, site.database.url);
    await eventually(
      async () => (await caller.put(`/v1/resources/report/${hashOf(1)}`, reportSnapshot(1))).status === 200,
      {
        what: 'a resource can be reported',
      },
    );
    door.slam();
    await eventually(async () => (await caller.get('/v1/resources')).body.code === 'database_unavailable', {
      what: 'the lost database is noticed',
    });
    const again = await openDoor(port, site.database.url);
    await eventually(
      async () => {
        const { status, body } = await caller.post('/v1/marks', { resources: [{ resource_kind: 'report', id: 1 }] });
        return status === 200 && body.results[0].outcome !== 'refused';
      },
      { what: 'a resource can be marked', withinMs: 20_000 },
    );
    await service.close();
    again.slam();
  }, 40_000);

  it('waits for the schema, and goes on when it is there', async () => {
    const empty = await freshDatabase();
    const service = await site.service({ on: empty.url });
    const caller = await service.as();
    const codes = async () =>
      (await caller.get('/health/ready')).body.checks.map(
        ({ name, code }: Record<string, string>) => `${name} ${code ?? 'up'}`,
      );
    expect(await codes()).toContain('database schema_missing');
    expect((await caller.get('/v1/resources')).body.code).toBe('schema_missing');
    await migrateMarking(empty.url);
    await eventually(async () => (await caller.get('/v1/resources')).status === 200, { what: 'the list answers' });
    await eventually(async () => (await codes()).includes('projection up'), { what: 'the views run' });
    await service.close();
    await empty.drop();
  });

  it('is migrated by two at once, and again, without harm', async () => {
    const empty = await freshDatabase();
    await Promise.all([migrateMarking(empty.url), migrateMarking(empty.url)]);
    await migrateMarking(empty.url);
    await empty.drop();
  });

  it('gives its role what it needs of its views, and no way to change the log', async () => {
    const [may] = await site.rows<Record<string, boolean>>(
      `SELECT has_table_privilege('hub_export_marking', 'marking.resources', 'DELETE') AS views,
         has_table_privilege('hub_export_marking', 'log.events', 'INSERT,UPDATE,DELETE,TRUNCATE') AS log`,
    );
    expect(may).toEqual({ views: true, log: false });
  });

  it('works on while the bus is away, and is ready when it comes', async () => {
    const nats = await freshNats();
    await nats.kill();
    const service = await site.service({ natsUrl: nats.url });
    const caller = await service.as();
    expect((await caller.put(`/v1/resources/report/${hashOf(2)}`, reportSnapshot(2))).status).toBe(200);
    expect((await caller.get('/health/ready')).status).toBe(503);
    await nats.restart();
    await eventually(async () => (await caller.get('/health/ready')).status === 200, { what: 'it is ready' });
    await service.close();
    await nats.stop();
  }, 30_000);
});

/** A way to the database that can be closed in the middle of everything. */
async function openDoor(port: number, databaseUrl: string): Promise<{ slam(): void }> {
  const { hostname, port: target } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server: Server = createServer((inner) => {
    const outer = connectTo(Number(target), hostname);
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    slam() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
