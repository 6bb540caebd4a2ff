import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { siteSubject, type SiteAction } from '@hub-export/contracts';
import { Relay } from '@hub-export/event-store';
import { publishTo } from '@hub-export/jetstream';
import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { hashOf, reportSnapshot, sha256, type TestService, TestSite, siteNode } from '../testing/marking.testing.js';

/** Stand in rows, file names and center names, and must be found nowhere but in the documents and the views. */
const CANARY = 'Canary-Mueller-1970';

describe('site messages, with the real PostgreSQL and NATS', () => {
  let site: TestSite;
  let nats: FreshNats;
  let service: TestService;

  beforeAll(async () => {
    [site, nats] = await Promise.all([TestSite.open(), freshNats()]);
    await site.recordNodes();
    service = await site.service({ natsUrl: nats.url });
    await eventually(() => service.made.bus.status().up, { what: 'the bus is up' });
    await eventually(() => service.made.site.stats().trouble === null, { what: 'the consumer works' });
  });

  afterAll(async () => {
    await site.close();
    await nats.stop();
  });

  it('report a resource, mark it as the person the site names, and unmark it, once each', async () => {
    await tell('resource.changed', changed(1));
    const mark = order(1, { kind: 'user', subject: 'frieda', name: 'Frieda' });
    await tell('mark', mark);
    await tell('mark', mark);
    await tell('unmark', order(1, { kind: 'system', reason: 'consent_withdrawn' }));
    expect(await eventsOf(1)).toEqual(['ResourceReported', 'ResourceMarked', 'ResourceUnmarked']);
    const [marked] = await site.rows<{ by: object }>(
      `SELECT data->'by' AS by FROM log.events WHERE type = 'ResourceMarked' AND data->>'resource_hash' = $1`,
      [hashOf(1)],
    );
    expect(marked?.by).toEqual({ kind: 'user', subject: 'frieda', name: 'Frieda' });
  });

  it('take a resource back', async () => {
    await tell('resource.changed', changed(2));
    await tell('resource.deleted', {
      node_key: 'site-a',
      resource_kind: 'report',
      resource_hash: hashOf(2),
      source_version: 2,
    });
    expect(await eventsOf(2)).toEqual(['ResourceReported', 'ResourceWithdrawn']);
  });

  it('are done when they are refused, and the refusal is recorded', async () => {
    await tell('resource.changed', changed(3, { anonymization_state: 'FAILED' }));
    const parked = service.made.site.stats().parked;
    await tell('mark', order(3, { kind: 'user', subject: 'frieda' }));
    await tell('resource.changed', changed(3, { source_version: 0 }));
    const refused = await site.rows<{ code: string }>(
      `SELECT data->>'code' AS code FROM log.events WHERE type = 'CommandRefused'
       AND data->>'resource_hash' = $1 ORDER BY global_seq`,
      [hashOf(3)],
    );
    expect(refused.map(({ code }) => code)).toEqual(['not_anonymized', 'stale_source_version']);
    expect(service.made.site.stats().parked).toBe(parked);
  });

  it('are parked with their reason when they are broken, and the next is handled', async () => {
    const before = service.made.site.stats().parked;
    await publish('site.site-a.resource.changed', 'no JSON at all');
    await publish('site.site-a.resource.changed', JSON.stringify({ ...changed(4), source_version: CANARY }));
    await publish(
      'site.site-a.resource.changed',
      JSON.stringify({ ...changed(4), rows: { sensitive_meta: { dob: CANARY } } }),
    );
    await publish('site.site-a.unheard-of', '{}');
    await publish(siteSubject('site-b', 'resource.changed'), JSON.stringify({ ...changed(4), node_key: 'site-b' }));
    await tell('resource.changed', changed(4));
    expect(await eventsOf(4)).toEqual(['ResourceReported']);
    expect(service.made.site.stats().parked - before).toBe(5);
    const parked = await service.made.site.listParked(100);
    expect(parked.map(({ reason }) => reason).slice(-5)).toEqual([
      'not_json',
      'invalid_site_resource_changed',
      'privacy_field_forbidden',
      'unknown_site_subject',
      'no_active_site_node',
    ]);
    const caller = await service.as();
    expect((await caller.get('/metrics')).text).toMatch(/marking_site_parked\{[^}]*\} 5/);
  });

  it('that were parked are listed and driven again by operations, and handled once their cause is mended', async () => {
    const operations = await service.as({ roles: ['hub_export:operate'] });
    const { items } = (await operations.get('/v1/parked?limit=200')).body;
    expect(items.at(-1)).toEqual({
      parked_sequence: expect.any(Number),
      parked_at: expect.stringMatching(/^\d{4}-/),
      subject: 'site.site-b.resource.changed',
      reason: 'no_active_site_node',
      deliveries: 1,
    });
    expect(JSON.stringify(items)).not.toContain(CANARY);
    const refused = await (await service.as()).post('/v1/parked/retry', {});
    expect([refused.status, refused.body.code]).toEqual([403, 'role_missing']);
    // What is broken in itself fails again and stays; what came from another node is taken once that node is the site's.
    await site.recordNode(siteNode([], 'site-a', false));
    await site.recordNode(siteNode(['center-a', 'center-b'], 'site-b'));
    await (await service.as()).get(`/v1/resources?at_least=${await site.transferLog.position()}`);
    const driven = await operations.post('/v1/parked/retry', { limit: 200 });
    expect([driven.status, driven.body]).toEqual([200, { handled: 1, parked_again: items.length - 1 }]);
    expect((await operations.get('/v1/parked')).body.items).toHaveLength(items.length - 1);
    expect(
      service.lines.map((line) => JSON.parse(line)).findLast(({ event }) => event === 'site_parked_driven'),
    ).toMatchObject({
      count: 1,
      faults: items.length - 1,
    });
    await site.recordNode(siteNode([], 'site-b', false));
    const position = await site.recordNode(siteNode());
    await (await service.as()).get(`/v1/resources?at_least=${position}`);
  });

  it('are kept aside when another node than the active one speaks, whatever it says', async () => {
    await tell('resource.changed', changed(11));
    const before = service.made.site.stats().parked;
    const deleted = { node_key: 'site-b', resource_kind: 'report', resource_hash: hashOf(11), source_version: 99 };
    await publish(siteSubject('site-b', 'resource.deleted'), JSON.stringify(deleted));
    await publish(siteSubject('site-b', 'mark'), JSON.stringify(order(11, { kind: 'user', subject: 'mallory' })));
    await tell('resource.changed', changed(12));
    expect(service.made.site.stats().parked - before).toBe(2);
    expect(await eventsOf(11)).toEqual(['ResourceReported']);
  });

  it('leave nothing of clinical texts and names in the log, on the bus, in log lines or in answers', async () => {
    const rows = { ...reportSnapshot(5).rows, raw_pdf_file: { pdf_hash: hashOf(5), anonymized_text: CANARY } };
    const told = { rows, file_name: `${CANARY}.pdf`, center_name: CANARY };
    await tell('resource.changed', changed(5, told));
    await tell('mark', order(5, { kind: 'user', subject: 'frieda' }));
    const caller = await service.as();
    const answers = [
      await caller.put(`/v1/resources/report/${hashOf(6)}`, reportSnapshot(6, told)),
      await caller.put(`/v1/resources/report/${hashOf(6)}`, reportSnapshot(6, { ...told, source_version: CANARY })),
      await caller.put(`/v1/resources/report/${hashOf(6)}`, reportSnapshot(6, { ...told, [CANARY]: CANARY })),
      await caller.post('/v1/marks', { resources: [{ resource_kind: CANARY, id: 1 }] }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 400]);

    const [stored] = await site.rows<{ documents: string }>(
      `SELECT count(*)::text AS documents FROM log.documents WHERE body LIKE '%' || $1 || '%'`,
      [CANARY],
    );
    expect(stored?.documents).toBe('2');
    const events = await site.rows(`SELECT data FROM log.events`);
    expect(events.length).toBeGreaterThan(5);
    await eventually(async () => (await service.made.app.get(Relay).lag()) === 0, { what: 'the bus has every event' });
    for (const [where, text] of [
      ['log.events', JSON.stringify(events)],
      ['the bus', await busText()],
      ['log lines', service.lines.join('\n')],
      ['answers', answers.map(({ text }) => text).join('\n')],
    ] as const) {
      expect([where, text.includes(CANARY)]).toEqual([where, false]);
      expect([where, text.includes('processed/report.pdf')]).toEqual([where, false]);
    }
  });

  it('are ready, and the views and the relay tell how far they are', async () => {
    const caller = await service.as();
    const ready = await caller.get('/health/ready');
    expect([ready.status, ready.body.checks.map(({ name }: { name: string }) => name)]).toEqual([
      200,
      ['database', 'bus', 'projection'],
    ]);
    const { text } = await caller.get('/metrics');
    expect(text).toMatch(/marking_view_position\{[^}]*\} [1-9]/);
    expect(text).toMatch(/marking_view_lag\{[^}]*\} 0/);
    expect(text).toMatch(/marking_relay_lag\{[^}]*\} 0/);
    expect(text).toMatch(/marking_marks_total\{command="mark",outcome="refused",code="not_anonymized"[^}]*\} 1/);
  });

  /** Publishes and waits until the service is done with it. */
  async function tell(action: SiteAction, body: object): Promise<void> {
    const done = () => {
      const { handled, parked } = service.made.site.stats();
      return handled + parked;
    };
    const before = done();
    await publish(siteSubject('site-a', action), JSON.stringify(body));
    await eventually(() => done() > before && service.made.site.stats().lag !== null && waiting(), {
      what: `the ${action} is handled`,
    });
  }

  async function waiting(): Promise<boolean> {
    const manager = await jetstreamManager(await service.made.bus.connection());
    return (await manager.streams.info('HUB_EXPORT_SITE')).state.messages === 0;
  }

  async function publish(subject: string, body: string): Promise<void> {
    await publishTo(service.made.bus, { subject, body, id: randomUUID() });
  }

  async function busText(): Promise<string> {
    const connection = await connect({ servers: nats.url });
    const manager = await jetstreamManager(connection);
    const texts: string[] = [];
    const { state } = await manager.streams.info('HUB_EXPORT');
    for (let seq = 1; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage('HUB_EXPORT', { seq });
      texts.push(message?.subject ?? '', message?.string() ?? '');
    }
    await connection.close();
    expect(texts.length).toBeGreaterThan(10);
    return texts.join('\n');
  }

  async function eventsOf(number: number): Promise<readonly string[]> {
    const rows = await site.rows<{ type: string }>(
      `SELECT type FROM log.events WHERE stream_id IN (
         SELECT stream_id FROM log.events WHERE data->>'resource_hash' = $1 AND type <> 'CommandRefused') ORDER BY global_seq`,
      [hashOf(number)],
    );
    return rows.map(({ type }) => type);
  }
});

function changed(number: number, otherwise: object = {}): object {
  return {
    node_key: 'site-a',
    resource_kind: 'report',
    resource_hash: hashOf(number),
    ...reportSnapshot(number, otherwise),
  };
}

function order(number: number, actor: object): object {
  return {
    command_id: uuidOf(number),
    actor,
    target_node_key: 'hub',
    resource: { resource_kind: 'report', resource_hash: hashOf(number) },
  };
}

function uuidOf(number: number): string {
  const hex = sha256(`command ${number}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
