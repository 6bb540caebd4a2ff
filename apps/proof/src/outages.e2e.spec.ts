import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import pg from 'pg';
import { snapshotOf } from './site/site-resource.js';
import { Site } from './site/site.process.js';

jest.setTimeout(180_000);

// Real: the three services as processes, PostgreSQL whose sessions are cut, a NATS that is missing, killed and wiped.
describe('outages', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.prepare();
  });

  afterAll(() => site?.close());

  it('services that start before the bus say so, and go on by themselves when it comes', async () => {
    await site.nats.kill();
    for (const service of site.services) service.start();
    for (const { url } of site.services) {
      const checks = await eventually(
        async () => {
          const response = await fetch(`${url}/health/ready`);
          if (response.status !== 503) throw new Error(`ready answers ${response.status}`);
          return JSON.stringify(await response.json());
        },
        { what: 'not ready', withinMs: 30_000 },
      );
      expect(checks).toContain('bus_down');
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
    }
    await site.nats.restart();
    for (const service of site.services) await site.ready(service);
    await site.recordNodes();
  });

  it('a wiped broker costs nothing but time: streams come back, and every view is as before', async () => {
    const before = await site.report('report');
    await site.mark(before);
    await site.queue(before);
    await site.inState(before, 'completed');
    const view = await auditView(before.transferId);
    await site.nats.wipe();
    const after = await site.report('report');
    await site.mark(after);
    await site.queue(after);
    await site.inState(after, 'completed', 60_000);
    await auditView(after.transferId);
    expect(await auditView(before.transferId)).toEqual(view);
    const integrity = await eventually(
      async () => {
        const answer = await site.client.done('GET', `${site.audit.url}/v1/audit/integrity`);
        if (answer.complete !== true) throw new Error(JSON.stringify(answer));
        return answer;
      },
      { what: 'a complete audit', withinMs: 60_000 },
    );
    expect(integrity).toMatchObject({ complete: true, chain: 'intact' });
  });

  it('a database whose sessions are all cut comes back to a site that lost no order', async () => {
    const resources = await Promise.all(Array.from({ length: 6 }, () => site.report('report')));
    await site.mark(...resources);
    await site.queue(...resources);
    await cutAllSessions(site.database.url);
    for (const resource of resources) await site.inState(resource, 'completed', 60_000);
    for (const resource of resources) expect(await site.acceptedBodies(resource)).toBe(1);
    for (const service of site.services) {
      expect(service.isRunning).toBe(true);
      await site.ready(service);
    }
  });

  it('a poison message is parked and does not hold up what follows', async () => {
    const { connect } = await import('@nats-io/transport-node');
    const connection = await connect({ servers: site.nats.url });
    try {
      connection.publish('site.site-a.resource.changed', '{"not":"a snapshot"');
      const resource = await site.resource('report', 200);
      const message = {
        node_key: 'site-a',
        resource_kind: 'report',
        resource_hash: resource.hash,
        ...snapshotOf(resource),
      };
      connection.publish('site.site-a.resource.changed', JSON.stringify(message));
      await connection.flush();
      await eventually(
        async () => {
          const { status } = await site.client.call('GET', `${site.marking.url}/v1/resources/report/${resource.hash}`);
          if (status !== 200) throw new Error(String(status));
          return true;
        },
        { what: 'the resource behind the poison', withinMs: 30_000 },
      );
      const metrics = await (await fetch(`${site.marking.url}/metrics`)).text();
      expect(metrics).toMatch(/marking_site_parked(\{[^}]*\})? 1\b/);
    } finally {
      await connection.close();
    }
  });

  async function auditView(transferId: string) {
    return eventually(
      async () => {
        const view = await site.client.done('GET', `${site.audit.url}/v1/audit/transfers/${transferId}`);
        if (!JSON.stringify(view).includes('LocalMediaRetained') && !JSON.stringify(view).includes('retained'))
          throw new Error('not yet');
        return view as unknown;
      },
      { what: 'the audit view', withinMs: 60_000 },
    );
  }
});

async function cutAllSessions(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  } finally {
    await client.end();
  }
}
