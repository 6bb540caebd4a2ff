import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { describeRoutes, type Role } from '@hub-export/http-edge';
import { eventually } from '@hub-export/testing';
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import request from 'supertest';
import type { TransferApp } from '../app.server.js';
import type { Clock } from '../clock.js';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { type Reported, TestSite } from '../testing/site.testing.js';
import { LOOK_AGAIN_MS } from './policies.worker.js';

jest.setTimeout(30_000);

// Real: PostgreSQL, NATS, media on disk, a hub over mutual TLS. The marking-service's events are appended by its role.
describe('the API of transfer-service', () => {
  const log: string[] = [];
  let ahead = 0;
  const clock: Clock = { now: () => new Date(Date.now() + ahead), chance: () => Math.random() };
  let site: TestSite;
  let app: TransferApp;
  let operator: Caller;
  let writer: Caller;
  let foreigner: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    app = await site.app({ LOG_LEVEL: 'debug' }, { clock, logDestination: { write: (line) => void log.push(line) } });
    await app.app.listen(0, '127.0.0.1');
    operator = await caller('operator', ['center-a'], 'hub_export:operate');
    writer = await caller('alice', ['center-a'], 'hub_export:write');
    foreigner = await caller('bob', ['center-b'], 'hub_export:write');
    await recordNodes(site, operator);
  }, 60_000);

  afterAll(() => site.close());

  beforeEach(() => operator.post('/v1/egress/resume'));
  afterEach(() => site.control.clearFaults());

  describe('who may do what', () => {
    it('asks everybody who they are, but for health and metrics', async () => {
      const routes = describeRoutes(app.app);
      expect(routes.filter(({ access }) => access === 'closed')).toEqual([]);
      const open = routes.filter(({ access }) => access === 'public').map(({ path }) => path);
      expect(open.sort()).toEqual(['/health/live', '/health/ready', '/metrics']);
      for (const { method, path } of routes.filter(({ access }) => access !== 'public')) {
        const { status, body } = await call(method, path);
        expect([method, path, status, body.code]).toEqual([method, path, 401, 'not_signed_in']);
      }
    });

    it('lets in who has a role of the route, and nobody else', async () => {
      const outsider = await site.tokenOf('site', ['center-a'], 'hub_export:site', 'hub_export:audit');
      for (const { method, path, access } of describeRoutes(app.app).filter((route) => route.access !== 'public')) {
        const { status } = await call(method, path, outsider);
        expect([method, path, access, status]).toEqual([method, path, access, 403]);
      }
      const access = Object.fromEntries(describeRoutes(app.app).map(({ handler, access: who }) => [handler, who]));
      expect(access).toMatchObject({
        'TransfersController.list': ['hub_export:read'],
        'TransfersController.one': ['hub_export:read'],
        'TransfersController.queue': ['hub_export:write'],
        'TransfersController.retry': ['hub_export:write'],
        'TransfersController.hold': ['hub_export:write'],
        'TransfersController.release': ['hub_export:write'],
        'NodesController.record': ['hub_export:operate'],
        'NodesController.test': ['hub_export:operate'],
        'EgressController.stop': ['hub_export:operate'],
        'EgressController.resume': ['hub_export:operate'],
        'RecoveryController.recover': ['hub_export:operate'],
      });
    });

    it('answers a foreign center’s transfer as one that is not known', async () => {
      const resource = await marked();
      const unknown = randomUUID();
      for (const id of [resource.transferId, unknown]) {
        await foreigner.get(`/v1/transfers/${id}`).expect(404, /unknown_transfer/);
      }
      for (const act of ['queue', 'retry', 'hold', 'release'] as const) {
        const [refused] = await foreigner.order(act, resource);
        expect(refused).toMatchObject({ outcome: 'refused', code: 'unknown_transfer' });
      }
      const { body } = await foreigner.get('/v1/transfers');
      expect(body.items).toEqual([]);
      const asked = await foreigner.get('/v1/transfers?center=center-a');
      expect(asked.body.items).toEqual([]);
      expect((await foreigner.post('/v1/transfers/hold', { filter: {} })).body.results).toEqual([]);
      expect(await site.life(resource)).toEqual(['ResourceMarked']);
    });
  });

  describe('orders', () => {
    beforeEach(() => operator.post('/v1/egress/stop'));

    it('are done or refused each alone', async () => {
      const [one, two] = [await marked(), await marked()];
      const unmarked = await site.report();
      const results = await writer.order('queue', one, unmarked, two);
      expect(results.map(({ outcome, code }) => [outcome, code])).toEqual([
        ['queued', undefined],
        ['refused', 'unknown_transfer'],
        ['queued', undefined],
      ]);
    });

    it('are known by their key: said again they answer the same and do nothing', async () => {
      const resource = await marked();
      const key = randomUUID();
      const ids = { transfer_ids: [resource.transferId] };
      const first = await writer.post('/v1/transfers/queue', ids, key);
      const again = await writer.post('/v1/transfers/queue', ids, key);
      expect(again.body).toEqual(first.body);
      expect(first.body.results[0].outcome).toBe('queued');
      expect(await site.life(resource)).toEqual(['ResourceMarked', 'TransferQueued']);
      // The key belongs to the route and the caller, so another order under it is another order.
      expect((await writer.post('/v1/transfers/hold', ids, key)).body.results[0].outcome).toBe('held');
    });

    it('name a transfer in whatever case, once', async () => {
      const resource = await marked();
      const { transferId } = resource;
      const { body } = await writer.post('/v1/transfers/queue', {
        transfer_ids: [transferId.toUpperCase(), transferId],
      });
      expect(body.results).toEqual([{ transfer_id: transferId, outcome: 'queued' }]);
      const seen = await writer.get(`/v1/transfers/${transferId.toUpperCase()}?at_least=${body.position}`).expect(200);
      expect(seen.body.history).toHaveLength(2);
    });

    it('hold, release and hold again; what is already so is left', async () => {
      const resource = await marked();
      expect(await writer.order('hold', resource)).toMatchObject([{ outcome: 'refused', code: 'not_queued' }]);
      await writer.order('queue', resource);
      expect(await writer.order('queue', resource)).toMatchObject([{ outcome: 'unchanged' }]);
      expect(await writer.order('release', resource)).toMatchObject([{ outcome: 'unchanged' }]);
      expect(await writer.order('hold', resource)).toMatchObject([{ outcome: 'held' }]);
      expect(await writer.order('hold', resource)).toMatchObject([{ outcome: 'unchanged' }]);
      expect(await writer.order('release', resource)).toMatchObject([{ outcome: 'released' }]);
    });

    it('retry what failed, and nothing that never began', async () => {
      const resource = await marked();
      expect(await writer.order('retry', resource)).toMatchObject([{ outcome: 'refused', code: 'not_failed' }]);
      await site.control.addFaults({
        step: 'create',
        transfer_key: resource.transferKey,
        action: { type: 'answer', status: 415, when: 'before', body: {} },
      });
      await writer.order('queue', resource);
      await operator.post('/v1/egress/resume');
      expect(await writer.reached(resource, 'failed')).toMatchObject({ failure_code: 'wrong_hub_profile' });
      expect(await writer.order('retry', resource)).toMatchObject([{ outcome: 'queued' }]);
      await writer.reached(resource, 'completed');
    });

    it('leave their refusal in the record', async () => {
      const resource = await marked();
      const { body } = await writer.post('/v1/transfers/hold', { transfer_ids: [resource.transferId] });
      const event = (await site.events.readAll(body.position - 1, 1))[0];
      expect(event).toMatchObject({
        type: 'CommandRefused',
        data: { command: 'hold', code: 'not_queued', transfer_id: resource.transferId, by: { subject: 'alice' } },
      });
    });

    it.each([
      ['nothing', {}],
      ['no transfer', { transfer_ids: [] }],
      ['no id', { transfer_ids: ['no-uuid'] }],
      ['too many', { transfer_ids: Array.from({ length: 201 }, () => randomUUID()) }],
      ['null for ids', { transfer_ids: null }],
      ['null for a filter', { filter: null }],
      ['an unknown state', { filter: { status: 'done' } }],
      ['no hash', { filter: { resource_hash: 'x' } }],
      ['an actor', { transfer_ids: [randomUUID()], by: 'somebody' }],
    ])('that name %s are refused as a whole', async (_what, body) => {
      const answer = await writer.post('/v1/transfers/queue', body).expect(400);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ code: 'invalid_request', correlation_id: expect.any(String) });
    });

    it('are refused with the remedy while a requirement fails, and taken when it is mended', async () => {
      const resource = await marked();
      const secretFile = join(site.folder, 'node-secret');
      const secret = await readFile(secretFile, 'utf8');
      await rm(secretFile);
      const [refused] = await writer.order('queue', resource);
      expect(refused).toMatchObject({ outcome: 'refused', code: 'not_ready' });
      expect(refused?.detail).toContain('put the secret where secret_ref of the site node points');
      const { body } = await writer.get('/v1/readiness');
      expect(body).toMatchObject({ ready: false, targets: [{ target_node_key: 'hub', ready: false }] });
      await writeFile(secretFile, secret, { mode: 0o600 });
      expect(await writer.order('queue', resource)).toMatchObject([{ outcome: 'queued' }]);
      expect((await writer.get('/v1/readiness')).body.ready).toBe(true);
    });
  });

  describe('waiting transfers', () => {
    it('go on by themselves when the requirement that failed is mended', async () => {
      await operator.post('/v1/egress/stop');
      const resource = await marked();
      await writer.order('queue', resource);
      const keyFile = join(site.folder, 'client.key');
      const key = await readFile(keyFile);
      await rm(keyFile);
      await operator.post('/v1/egress/resume');
      // A whole round, with what was just appended.
      const { body } = await operator.post('/v1/recovery').expect(200);
      expect(body.taken).toEqual({ queued: 0, begun: 0 });
      expect(await site.life(resource)).toEqual(['ResourceMarked', 'TransferQueued']);
      expect(log.filter((line) => line.includes(resource.transferId))).toEqual([]);
      await writeFile(keyFile, key, { mode: 0o600 });
      await writer.reached(resource, 'completed');
    });

    it('that a hub does not take any more are held, and released when it takes them again', async () => {
      await operator.post('/v1/egress/stop');
      const resource = await marked();
      await writer.order('queue', resource);
      await operator.put('/v1/nodes/hub', site.hubNode({ eligible_states: ['ANONYMIZED'] })).expect(200);
      await operator.post('/v1/egress/resume');
      await eventually(async () => (await site.life(resource)).includes('TransferHeld'), { what: 'the hold' });
      await operator.put('/v1/nodes/hub', site.hubNode()).expect(200);
      ahead += 2 * LOOK_AGAIN_MS;
      await writer.reached(resource, 'completed');
      expect(await site.life(resource)).toContain('TransferReleased');
    });

    it('of one hub do not wait behind those of another', async () => {
      await operator.put('/v1/nodes/hub-b', site.hubNode({ tls: missingFiles() })).expect(200);
      await otherHubsTransfers(60);
      const resource = await marked();
      await writer.order('queue', resource);
      await writer.reached(resource, 'completed');
      await site.asOwner(`DELETE FROM transfer.transfers WHERE target_node_key = 'hub-b'`);
    });

    it('are sent once, however many rounds are asked for at the same time', async () => {
      const resources = await Promise.all(Array.from({ length: 8 }, () => marked()));
      const recoveries = async () => {
        for (let turn = 0; turn < 6; turn += 1) {
          await Promise.all(Array.from({ length: 6 }, () => operator.post('/v1/recovery').expect(200)));
        }
      };
      await Promise.all([writer.order('queue', ...resources), recoveries()]);
      for (const resource of resources) await writer.reached(resource, 'completed');
      for (const { transferKey } of resources) {
        const steps = (await site.control.requests({ transfer_key: transferKey })).map(({ step }) => step);
        expect(steps).toEqual(['create', 'media']);
      }
      expect(log.filter((line) => line.includes('lease_lost'))).toEqual([]);
    });

    it('are shown by a dry run of the recovery, which begins nothing', async () => {
      await operator.post('/v1/egress/stop');
      const resource = await marked();
      await writer.order('queue', resource);
      const { body } = await eventually(
        async () => {
          const answer = await operator.post('/v1/recovery', { dry_run: true });
          return answer.body.found.queued.includes(resource.transferId) ? answer : null;
        },
        { what: 'the view' },
      );
      expect(body).toMatchObject({ dry_run: true, taken: { queued: 0, begun: 0 } });
      expect(await site.life(resource)).toEqual(['ResourceMarked', 'TransferQueued']);
      await operator.post('/v1/recovery', { dry_run: 'yes' }).expect(400);
    });
  });

  describe('lists', () => {
    it('are paged without loss or doubles, the newest change first', async () => {
      const resources = await Promise.all(Array.from({ length: 7 }, () => marked()));
      const last = await site.events.position();
      const seen: string[] = [];
      let cursor: string | null = '';
      for (let page = 0; cursor !== null && page < 100; page += 1) {
        const more: string = cursor === '' ? `&at_least=${last}` : `&cursor=${encodeURIComponent(cursor)}`;
        const { body } = await writer.get(`/v1/transfers?status=marked&limit=3${more}`).expect(200);
        expect(body.items.length).toBeLessThanOrEqual(3);
        seen.push(...body.items.map(({ transfer_id }: { transfer_id: string }) => transfer_id));
        cursor = body.next_cursor;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(resources.map(({ transferId }) => transferId)));
      const { body } = await writer.get('/v1/transfers?limit=200');
      const positions = body.items.map(({ position }: { position: number }) => position);
      expect(positions).toEqual([...positions].sort((a, b) => b - a));
    });

    it('find by state, resource and center', async () => {
      const resource = await marked();
      const at = `at_least=${await site.events.position()}`;
      const found = async (query: string) => (await writer.get(`/v1/transfers?${query}&${at}`)).body.items.length;
      expect(await found(`resource_hash=${resource.hash}`)).toBe(1);
      expect(await found(`resource_hash=${resource.hash}&status=queued`)).toBe(0);
      expect(await found(`resource_hash=${resource.hash}&resource_kind=video`)).toBe(0);
      expect(await found(`resource_hash=${resource.hash}&target_node_key=hub&center=center-a`)).toBe(1);
      expect(await found(`resource_hash=${resource.hash}&center=center-b`)).toBe(0);
    });

    it.each(['limit=0', 'limit=201', 'cursor=x', 'status=done', 'at_least=-1', 'at_least=x', 'unknown=1'])(
      'refuse %s',
      async (query) => {
        await writer.get(`/v1/transfers?${query}`).expect(400);
      },
    );

    it('wait for a position, but not for ever', async () => {
      const beyond = (await site.events.position()) + 1_000;
      const { status, body } = await writer.get(`/v1/transfers?at_least=${beyond}`);
      expect([status, body.code]).toEqual([503, 'position_not_reached']);
    });

    it('know a malformed id from an unknown one', async () => {
      await writer.get('/v1/transfers/no-uuid').expect(400, /malformed_transfer_id/);
    });
  });

  it('shows of a transfer its gates, its history, and whether its media was processed anew', async () => {
    await operator.post('/v1/egress/stop');
    const resource = await marked();
    await writer.order('queue', resource);
    const { body } = await writer.get(`/v1/transfers/${resource.transferId}?at_least=${await site.events.position()}`);
    expect(body).toMatchObject({ status: 'queued', content_changed: false, media_sha256: resource.mediaSha256 });
    expect(body.history.map(({ type }: { type: string }) => type)).toEqual(['ResourceMarked', 'TransferQueued']);
    const gates = Object.fromEntries(
      body.gates.map(({ gate, name, passed }: Record<string, unknown>) => [gate ?? name, passed]),
    );
    expect(gates).toMatchObject({ egress_open: false, node_ready: true, queued: true });
    const processed = { sha256: 'f'.repeat(64) };
    await site.tell(resource, 2, (snapshot) => ({
      ...snapshot,
      processed_media: { ...snapshot.processed_media, ...processed },
    }));
    const after = await writer.get(`/v1/transfers/${resource.transferId}`);
    expect(after.body.content_changed).toBe(true);
  });

  it('tells state, gates and history of one moment, however far the view is behind', async () => {
    await operator.post('/v1/egress/stop');
    const resource = await marked();
    await writer.order('queue', resource);
    const path = `/v1/transfers/${resource.transferId}`;
    const { body: caughtUp } = await writer.get(`${path}?at_least=${await site.events.position()}`);
    const held = await site.whileViewStands(async () => {
      await writer.order('hold', resource);
      return (await writer.get(path)).body;
    });
    expect(held.history.at(-1).type).toBe('TransferHeld');
    expect(held).toMatchObject({ status: 'queued', held: ['operator'], position: held.history.at(-1).position });
    expect(held.gates).toContainEqual(expect.objectContaining({ gate: 'not_held', passed: false, code: 'held' }));
    // What the view tells is the same, and in the same form.
    const { body: listed } = await writer.get(`/v1/transfers?at_least=${held.position}&status=queued`);
    const row = listed.items.find(({ transfer_id }: { transfer_id: string }) => transfer_id === resource.transferId);
    expect(held).toMatchObject(row);
    expect(Object.keys(caughtUp)).toEqual(Object.keys(held));
  });

  describe('nodes', () => {
    it('tell every fault of a document at once, and no value', async () => {
      const wrong = site.hubNode({
        base_url: 'http://Canary/',
        profile: 'Canary',
        limits: { concurrency: 0, requests_per_second: 1, windows: [] },
      });
      const { body } = await operator.put('/v1/nodes/hub', { ...wrong, Canary: 1 }).expect(400);
      expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(
        expect.arrayContaining(['base_url', 'profile', 'limits.concurrency']),
      );
      expect(
        JSON.stringify(body.errors.map(({ detail, code }: Record<string, string>) => [detail, code])),
      ).not.toContain('Canary');
      await operator.put('/v1/nodes/hub', []).expect(400);
      await operator.put('/v1/nodes/no%20key', site.hubNode()).expect(400, /malformed_node_key/);
    });

    it('name no file or variable outside of what is set for secrets, and are told which member does', async () => {
      for (const [secret_ref, code] of [
        ['file:/etc/passwd', 'outside_secret_root'],
        ['env:DATABASE_URL', 'variable_not_allowed'],
      ]) {
        const { body } = await operator.put('/v1/nodes/site-a', { ...site.siteNode(), secret_ref }).expect(400);
        expect(body.errors).toEqual([expect.objectContaining({ field: 'secret_ref', code })]);
        expect(JSON.stringify(body)).not.toContain('passwd');
      }
      expect((await operator.get('/v1/nodes/site-a')).body.document).toEqual(site.siteNode());
    });

    it('name no hub at an address or port of this network that is not allowed, whatever it listens for', async () => {
      for (const [base_url, code] of [
        ['https://10.0.0.7/', 'ip_literal_not_allowed'],
        ['https://[fd00::7]:5432/', 'ip_literal_not_allowed'],
        ['https://postgres:5432/', 'port_not_allowed'],
      ] as const) {
        const { body } = await operator.put('/v1/nodes/hub', site.hubNode({ base_url })).expect(400);
        expect(body.errors).toEqual([expect.objectContaining({ field: 'base_url', code })]);
      }
      expect((await operator.get('/v1/nodes/hub')).body.document).toEqual(site.hubNode());
    });

    it('are shown with their faults, and whole only to operations', async () => {
      const { body } = await writer.get('/v1/nodes').expect(200);
      const shown = body.items.map(({ node_key, material_faults }: Record<string, unknown>) => [
        node_key,
        material_faults,
      ]);
      expect(shown).toEqual(
        expect.arrayContaining([
          ['hub', []],
          ['site-a', []],
        ]),
      );
      expect(JSON.stringify(body)).not.toContain('node-secret');
      await writer.get('/v1/nodes/hub').expect(403);
      await operator.get('/v1/nodes/hub').expect(200, /client.key/);
      await operator.get('/v1/nodes/nobody').expect(404, /unknown_node/);
    });

    it('are tried by a question that leaves nothing at the hub', async () => {
      const before = (await site.control.transfers()).length;
      const { body } = await operator.post('/v1/nodes/hub/probe').expect(200);
      expect(body).toMatchObject({ node_key: 'hub', reachable: true, code: null, http_status: 404 });
      expect((await site.control.transfers()).length).toBe(before);
      await operator.post('/v1/nodes/site-a/probe').expect(409, /not_a_hub/);
      await operator.post('/v1/nodes/nobody/probe').expect(404, /unknown_node/);
    });

    it('change their certificates without a restart', async () => {
      const used = async () => {
        await operator.post('/v1/nodes/hub/probe').expect(200);
        return (await site.control.requests({ step: 'status' })).at(-1)?.client_certificate;
      };
      const before = await used();
      expect(await used()).toBe(before);
      await site.authority.issue({
        commonName: 'site-a',
        client: true,
        keyFile: join(site.folder, 'client.key'),
        certFile: join(site.folder, 'client.crt'),
      });
      const after = await used();
      expect(after).toMatch(/^[0-9a-f]{64}$/i);
      expect(after).not.toBe(before);
      const resource = await marked();
      await writer.order('queue', resource);
      await writer.reached(resource, 'completed');
    });

    it('need no hub to say what is missing', async () => {
      const { body } = await writer.get('/v1/readiness?target_node_key=nobody').expect(200);
      const failed = body.targets[0].requirements.filter(({ passed }: { passed: boolean }) => !passed);
      expect(failed.map(({ code }: { code: string }) => code)).toEqual([
        'active_target_hub',
        'hub_base_url',
        'hub_tls_material',
      ]);
      expect(failed.every(({ remedy }: { remedy: string }) => remedy.startsWith('Operations: '))).toBe(true);
    });
  });

  it('stops and resumes egress, says who did, and once', async () => {
    const stopped = await operator.post('/v1/egress/stop').expect(200);
    expect(stopped.body).toMatchObject({ open: false, changed: true, by: { subject: 'operator' } });
    expect((await operator.post('/v1/egress/stop')).body.changed).toBe(false);
    expect((await writer.get('/v1/egress')).body).toMatchObject({ open: false });
    const resumed = await operator.post('/v1/egress/resume').expect(200);
    expect(resumed.body).toMatchObject({ open: true, changed: true });
  });

  describe('the live stream', () => {
    it('tells changes and progress to those whose center it is, and to nobody else', async () => {
      const [own, foreign] = [await follow(['center-a']), await follow(['center-b'])];
      const resource = await site.report('video', 1024 * 1024);
      await site.control.addFaults({
        step: 'media',
        transfer_key: resource.transferKey,
        action: { type: 'throttle', bytes_per_second: 1024 * 1024 },
      });
      await site.mark(resource);
      await writer.order('queue', resource);
      await writer.reached(resource, 'completed');
      await eventually(() => own.messages.some(({ event }) => event === 'TransferCompleted'), { what: 'the news' });
      const mine = own.messages.filter(({ transfer_id }) => transfer_id === resource.transferId);
      const changes = mine.filter(({ kind }) => kind === 'change').map(({ event }) => event);
      // A later change may be seen a moment before an earlier one; none is lost.
      expect([...changes].sort()).toEqual([...(await site.life(resource))].sort());
      expect(mine.filter(({ kind }) => kind === 'progress').at(-1)).toMatchObject({
        bytes_total: resource.mediaSize,
        bytes_sent: resource.mediaSize,
      });
      expect(foreign.messages).toEqual([]);
      own.end();
      foreign.end();
    });
  });

  it('tells secrets, names, paths and the hub’s words to nobody', async () => {
    const resource = await site.report('report', 4096, (snapshot) => ({
      ...snapshot,
      file_name: 'Canary-Maria-1950.pdf',
      processed_media: { ...snapshot.processed_media, locator: 'file:processed/Canary-Maria-1950.pdf' },
      rows: { ...snapshot.rows, raw_pdf_file: { ...snapshot.rows.raw_pdf_file, anonymized_text: 'Canary text' } },
    }));
    await site.control.addFaults({
      step: 'create',
      transfer_key: resource.transferKey,
      action: { type: 'answer', status: 400, when: 'before', body: { detail: 'Canary said the hub' } },
    });
    await site.mark(resource);
    await writer.order('queue', resource);
    await writer.reached(resource, 'failed');
    await writer.order('retry', resource);
    const missing = await eventually(
      async () => {
        const { body } = await writer.get(`/v1/transfers/${resource.transferId}`);
        return body.failure_code === 'media_missing' ? body : null;
      },
      { what: 'the second failure' },
    );
    const answers = [
      missing,
      (await writer.get('/v1/transfers?cursor=Canary')).body.detail,
      (await operator.put('/v1/nodes/hub', site.hubNode({ base_url: 'ftp://Canary' }))).body,
      (await writer.post('/v1/transfers/queue', { transfer_ids: ['Canary'] })).body,
      (await request(app.app.getHttpServer()).get('/metrics')).text,
    ];
    const events = await site.events.readAll(0, 10_000);
    for (const [place, text] of Object.entries({
      log: log.join(''),
      events: JSON.stringify(events),
      answers: JSON.stringify(answers),
    })) {
      const found = ['Canary', 'correct horse', site.folder, 'PRIVATE KEY', 'geheim'].filter((word) =>
        text.includes(word),
      );
      expect([place, found]).toEqual([place, []]);
    }
    expect(log.length).toBeGreaterThan(20);
    const carried = await eventually(
      async () => {
        const messages = await site.onBus();
        return messages.length >= events.length ? messages : null;
      },
      { what: 'the bus' },
    );
    expect(carried.map(({ text }) => text).join('')).not.toMatch(/Canary|correct horse/);
  });

  async function marked(): Promise<Reported> {
    const resource = await site.report('report', 256);
    await site.mark(resource);
    return resource;
  }

  async function caller(subject: string, centers: string[], ...roles: readonly Role[]): Promise<Caller> {
    return new Caller(app.app, await site.tokenOf(subject, centers, ...roles));
  }

  function call(method: string, path: string, token?: string) {
    const concrete = path.replace(/:(\w+)/g, () => randomUUID());
    const verb = method.toLowerCase() as 'get' | 'put' | 'post';
    const asked = request(app.app.getHttpServer())[verb](concrete);
    return token === undefined ? asked : asked.set('authorization', `Bearer ${token}`);
  }

  /** Rows of the view alone: they wait for a hub that takes nothing, and have done so for long. */
  async function otherHubsTransfers(count: number): Promise<void> {
    await site.asOwner(
      `INSERT INTO transfer.transfers (transfer_id, transfer_key, resource_kind, resource_hash, source_node_key,
         source_center_key, target_node_key, status, since, position, attempts, held, retryable, retries_exhausted)
       SELECT gen_random_uuid(), n::text, 'report', n::text, 'site-a', 'center-z', 'hub-b', 'queued', '2020-01-01', 0, 0,
         '{}', false, false
       FROM generate_series(1, $1::integer) AS n`,
      [count],
    );
  }

  function missingFiles() {
    const file = join(site.folder, 'no-such-file');
    return { client_cert_file: file, client_key_file: file, ca_file: file };
  }

  async function follow(centers: string[]) {
    const token = await site.tokenOf('watcher', centers, 'hub_export:read');
    const messages: Record<string, unknown>[] = [];
    const { port } = app.app.getHttpServer().address() as AddressInfo;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      httpGet({ host: '127.0.0.1', port, path: '/v1/live', headers }, resolve).on('error', reject);
    });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, expect.stringContaining('event-stream')]);
    let isAlive = false;
    answer.setEncoding('utf8').on('data', (text: string) => {
      isAlive = true;
      for (const [, data] of text.matchAll(/^data: (\{.*\})$/gm)) messages.push(JSON.parse(data ?? '{}'));
    });
    await eventually(() => isAlive, { what: 'the first sign of life' });
    return { messages, end: () => answer.destroy() };
  }
});
