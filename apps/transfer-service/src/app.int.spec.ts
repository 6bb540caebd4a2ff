import { jest } from '@jest/globals';
import type { Role } from '@hub-export/http-edge';
import { eventually, freePort, freshDatabase } from '@hub-export/testing';
import { DataSource } from 'typeorm';
import type { TransferApp } from './app.server.js';
import { Caller, recordNodes } from './testing/caller.testing.js';
import { Door } from './testing/door.testing.js';
import { type Reported, TestSite } from './testing/site.testing.js';

jest.setTimeout(60_000);

// Real: PostgreSQL behind a door that can be shut, NATS that can be killed and wiped, a hub over mutual TLS.
describe('transfer-service', () => {
  let site: TestSite;
  let door: Door;

  beforeAll(async () => {
    site = await TestSite.start();
    door = await Door.to(site.transferUrl);
  }, 60_000);

  afterAll(async () => {
    await site.close();
    door.close();
  });

  it('starts before its database, says so, and goes on when it is there and whenever it comes back', async () => {
    const app = await site.app({ DATABASE_URL: door.url });
    const operator = await caller(app, 'hub_export:operate', 'hub_export:write');
    expect(await checks(operator)).toContain('database database_down');
    for (const [route, { status, body }] of Object.entries({
      list: await operator.get('/v1/transfers'),
      nodes: await operator.get('/v1/nodes'),
      egress: await operator.get('/v1/egress'),
      stop: await operator.post('/v1/egress/stop'),
      record: await operator.put('/v1/nodes/site-a', site.siteNode()),
      queue: await operator.post('/v1/transfers/queue', { transfer_ids: ['0b9f3f8e-52f5-5d6c-8d52-0b7d2f4b9a01'] }),
      recover: await operator.post('/v1/recovery'),
    })) {
      expect([route, status, body.code]).toEqual([route, 503, 'database_unavailable']);
    }

    await door.open();
    await eventually(async () => (await operator.get('/health/ready')).status === 200, { what: 'readiness' });
    await ready(operator);
    await completes(operator, await marked());

    door.close();
    await eventually(async () => (await operator.get('/v1/transfers')).body.code === 'database_unavailable', {
      what: 'the lost database is noticed',
    });
    expect((await operator.get('/health/ready')).status).toBe(503);
    expect((await operator.get('/health/live')).status).toBe(200);

    await door.open();
    await eventually(async () => (await operator.get('/health/ready')).status === 200, {
      what: 'readiness again',
      withinMs: 30_000,
    });
    await completes(operator, await marked());
    await app.close();
  });

  it('waits for the schema and says so', async () => {
    const empty = await freshDatabase();
    const app = await site.app({ DATABASE_URL: empty.url });
    const reader = await caller(app, 'hub_export:read');
    await eventually(async () => (await checks(reader)).includes('database schema_missing'), { what: 'the check' });
    const { status, body } = await reader.get('/v1/transfers');
    expect([status, body.code]).toEqual([503, 'schema_missing']);
    await app.close();
    await empty.drop();
  });

  it('sends without a bus, and fills it when it comes', async () => {
    const noBus = await site.app({ NATS_URL: `nats://127.0.0.1:${await freePort()}` });
    const operator = await caller(noBus, 'hub_export:operate', 'hub_export:write');
    await ready(operator);
    await completes(operator, await marked());
    expect(await checks(operator)).toContain('bus bus_down');
    await noBus.close();

    const app = await site.app();
    await filled();
    await app.close();
  });

  it('loses nothing with the bus: transfers go on, and the stream is filled again at the same places', async () => {
    const app = await site.app();
    const operator = await caller(app, 'hub_export:operate', 'hub_export:write');
    await ready(operator);
    await filled();
    await site.nats.kill();
    await completes(operator, await marked());
    await site.nats.wipe();
    await completes(operator, await marked());
    await filled();
    await app.close();
  });

  it('answers that a node is recorded when it decides with it, however far behind its view was', async () => {
    const app = await site.app();
    const operator = await caller(app, 'hub_export:operate', 'hub_export:write');
    await ready(operator);
    const limits = { concurrency: 7, requests_per_second: 100, bandwidth_bytes_per_second: null, windows: [] };
    const view = await new DataSource({ type: 'postgres', url: site.transferUrl }).initialize();
    const before = await site.events.position();
    const answered = await view.transaction(async (tx) => {
      await tx.query(`SELECT FROM log.checkpoints WHERE name = 'transfer.overview' FOR UPDATE`);
      const asked = operator.put('/v1/nodes/hub', site.hubNode({ limits })).expect(200);
      const answer = asked.then(({ body }) => body as { position: number });
      await eventually(async () => (await site.events.position()) > before, { what: 'the recorded node' });
      return { answer };
    });
    await answered.answer;
    expect((await operator.get('/v1/nodes/hub')).body.document.limits).toMatchObject({ concurrency: 7 });
    await view.destroy();
    await app.close();
  });

  it('migrates and gives its role what it needs of its view, and no way to change the log', async () => {
    await expect(
      site.asOwner(
        `SELECT 1 / (has_table_privilege('hub_export_transfer', 'transfer.transfers', 'DELETE')
           AND NOT has_table_privilege('hub_export_transfer', 'log.events', 'INSERT,UPDATE,DELETE,TRUNCATE'))::integer`,
      ),
    ).resolves.toBeUndefined();
  });

  async function marked(): Promise<Reported> {
    const resource = await site.report('report', 256);
    await site.mark(resource);
    return resource;
  }

  /** The nodes are recorded, and seen. */
  async function ready(operator: Caller): Promise<void> {
    await recordNodes(site, operator);
    await eventually(async () => (await operator.get('/v1/readiness')).body.ready === true, { what: 'the nodes' });
  }

  async function completes(operator: Caller, resource: Reported): Promise<void> {
    expect(await operator.order('queue', resource)).toMatchObject([{ outcome: 'queued' }]);
    await operator.reached(resource, 'completed', 30_000);
  }

  async function caller(app: TransferApp, ...roles: readonly Role[]): Promise<Caller> {
    return new Caller(app.app, await site.token(...roles));
  }

  async function checks(anybody: Caller): Promise<readonly string[]> {
    const { body } = await anybody.get('/health/ready');
    return body.checks.map(({ name, code }: Record<string, string>) => `${name} ${code ?? 'up'}`);
  }

  /** The bus holds every event of the log, each at the sequence of its place in the log. */
  async function filled(): Promise<void> {
    await eventually(
      async () => {
        const recorded = await site.events.readAll(0, 1_000);
        const carried = (await site.onBus()).map(({ sequence, text }) => {
          const { id, globalseq } = JSON.parse(text) as { id: string; globalseq: number | string };
          return [sequence, Number(globalseq), id];
        });
        expect(carried).toEqual(recorded.map(({ globalSeq, id }) => [globalSeq, globalSeq, id]));
        return true;
      },
      { what: 'the filled stream', withinMs: 20_000 },
    );
  }
});
