import { jest } from '@jest/globals';
import { eventually } from '@hub-export/testing';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import request from 'supertest';
import { type Reported, TestSite } from '../testing/site.testing.js';
import type { TransferApp } from '../app.server.js';

jest.setTimeout(30_000);

/** Long enough that a busy machine neither loses a lease nor a patient answer. */
const UNHURRIED = { LEASE_MS: '15000', HUB_ANSWER_TIMEOUT_MS: '15000' };

// Real: PostgreSQL, NATS, media on disk, a hub over mutual TLS. The marking-service's events are appended by its role.
describe('sending to a hub', () => {
  let site: TestSite;
  let app: TransferApp;
  let write: string;

  beforeAll(async () => {
    site = await TestSite.start();
    app = await site.app(UNHURRIED);
    const operate = await site.token('hub_export:operate');
    write = await site.token('hub_export:write');
    for (const [key, node] of Object.entries({ 'site-a': site.siteNode(), hub: site.hubNode() })) {
      await call('put', `/v1/nodes/${key}`, operate).send(node).expect(200);
    }
  }, 60_000);

  afterAll(() => site.close());

  afterEach(() => site.control.clearFaults());

  it('takes a marked report to completed and verified, in seven facts', async () => {
    const resource = await site.report('report');
    await queued(resource);
    await completed(resource);
    expect(await site.life(resource)).toEqual([
      'ResourceMarked',
      'TransferQueued',
      'RegistrationStarted',
      'RegistrationAccepted',
      'UploadStarted',
      'TransferCompleted',
      'LocalMediaRetained',
    ]);
    expect(await site.control.media(resource.mediaSha256)).toMatchObject({ exists: true, size: resource.mediaSize });
  });

  it('takes a video of several chunks with the same bytes', async () => {
    const resource = await site.report('video', 5 * 1024 * 1024 + 17);
    await queued(resource);
    await completed(resource);
    expect(await site.control.media(resource.mediaSha256)).toMatchObject({ exists: true, size: resource.mediaSize });
  });

  it('finds a transfer whose acknowledgement was lost completed, and sends no second body', async () => {
    const resource = await site.report();
    await site.control.addFaults({
      step: 'media',
      transfer_key: resource.transferKey,
      action: { type: 'lose-answer' },
    });
    await queued(resource);
    await completed(resource);
    const requests = await site.control.requests({ transfer_key: resource.transferKey });
    expect(requests.filter(({ step }) => step === 'media')).toHaveLength(1);
    expect(requests.at(-1)?.step).toBe('status');
    expect(await site.life(resource)).toEqual(
      expect.arrayContaining(['OutcomeUnknown', 'HubAsked', 'TransferCompleted']),
    );
  });

  it('registers again with the same bytes when the answer to the registration was lost', async () => {
    const resource = await site.report();
    await site.control.addFaults({ step: 'create', action: { type: 'lose-answer' } });
    await queued(resource);
    await completed(resource);
    const creates = await site.control.requests({ step: 'create', transfer_key: resource.transferKey });
    expect(new Set(creates.map(({ body_sha256 }) => body_sha256)).size).toBe(1);
  });

  it('tries again by itself after the hub was unavailable', async () => {
    const resource = await site.report();
    await site.control.addFaults({
      step: 'create',
      times: 2,
      action: { type: 'answer', status: 503, when: 'before', body: {} },
    });
    await queued(resource);
    await completed(resource);
    expect((await site.life(resource)).filter((type) => type === 'TransferFailed')).toHaveLength(2);
  });

  it.each([
    'transfer_key',
    'source_node_key',
    'target_node_key',
    'source_center_key',
    'resource_kind',
    'resource_hash',
    'processed_media_hash',
    'transfer_mode',
    'payload_schema_version',
    'id',
  ])('does not believe an acknowledgement with another %s', async (field) => {
    const resource = await site.report();
    const set = { [field]: 'something-else' };
    await site.control.addFaults({ step: 'media', transfer_key: resource.transferKey, action: { type: 'lie', set } });
    await queued(resource);
    expect(await failed(resource)).toMatchObject({
      failure_class: 'integrity',
      failure_code: 'identity_mismatch',
      retryable: false,
    });
  });

  it('takes a conflict for no success and sends no media', async () => {
    const resource = await site.report();
    await site.control.addFaults({
      step: 'create',
      action: { type: 'answer', status: 409, when: 'before', body: { error: 'x' } },
    });
    await queued(resource);
    expect(await failed(resource)).toMatchObject({ failure_class: 'integrity', failure_code: 'hub_conflict' });
    expect(await site.control.requests({ step: 'media', transfer_key: resource.transferKey })).toEqual([]);
  });

  it('never lets changed media become a complete body', async () => {
    const resource = await site.report('report', 3 * 1024 * 1024);
    await site.mark(resource);
    await appendFile(resource.mediaFile, 'x');
    await queue(resource);
    expect(await failed(resource)).toMatchObject({ failure_class: 'integrity', failure_code: 'media_changed' });
    await writeFile(resource.mediaFile, Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(3 * 1024 * 1024)]));
    await call('post', '/v1/transfers/retry', write)
      .send({ transfer_ids: [resource.transferId] })
      .expect(200);
    expect(await failed(resource, 2)).toMatchObject({ failure_code: 'media_changed' });
    await rm(resource.mediaFile);
    await call('post', '/v1/transfers/retry', write)
      .send({ transfer_ids: [resource.transferId] })
      .expect(200);
    expect(await failed(resource, 3)).toMatchObject({ failure_code: 'media_missing' });
    const media = await site.control.requests({ step: 'media', transfer_key: resource.transferKey });
    expect(media.every(({ commit }) => commit === null)).toBe(true);
  });

  it('holds a queued transfer while its resource is ineligible, and goes on by itself', async () => {
    const resource = await site.report();
    await call('post', '/v1/egress/stop', await site.token('hub_export:operate')).expect(200);
    await queued(resource);
    await site.tell(resource, 2, (snapshot) => ({ ...snapshot, anonymization_state: 'FAILED' }));
    await eventually(async () => (await site.life(resource)).includes('TransferHeld'), { what: 'the hold' });
    await call('post', '/v1/egress/resume', await site.token('hub_export:operate')).expect(200);
    await site.tell(resource, 3);
    await completed(resource);
    expect(await site.life(resource)).toContain('TransferReleased');
  });

  it('breaks a running upload off when egress is stopped, records the bytes, and sends nothing until it resumes', async () => {
    const operate = await site.token('hub_export:operate');
    const resource = await site.report('video', 8 * 1024 * 1024);
    await site.control.addFaults({ step: 'media', action: { type: 'throttle', bytes_per_second: 1024 * 1024 } });
    await queued(resource);
    await eventually(async () => (await site.life(resource)).includes('UploadStarted'), { what: 'the upload' });
    await call('post', '/v1/egress/stop', operate).expect(200);
    // By the retry policy it is queued again within milliseconds, so the fact is looked for and not the state.
    const failure = await eventually(
      async () => (await site.facts(resource)).find(({ type }) => type === 'TransferFailed') ?? false,
      { what: 'the failure' },
    );
    expect(failure.data).toMatchObject({ code: 'egress_stopped', retryable: true });
    await call('post', '/v1/egress/resume', operate).expect(200);
    await completed(resource);
    const media = await site.control.requests({ step: 'media', transfer_key: resource.transferKey });
    expect(media.filter(({ commit }) => commit !== null)).toHaveLength(1);
  }, 30_000);

  it('has one winner of unmark against queue, two hundred times', async () => {
    const resources = await Promise.all(Array.from({ length: 200 }, () => site.report('report', 64)));
    await call('post', '/v1/egress/stop', await site.token('hub_export:operate')).expect(200);
    const lives: string[] = [];
    for (let from = 0; from < resources.length; from += 20) {
      await Promise.all(
        resources.slice(from, from + 20).map(async (resource) => {
          await site.mark(resource);
          await Promise.all([site.unmark(resource).catch(() => undefined), queue(resource)]);
          lives.push((await site.life(resource)).join(' '));
        }),
      );
    }
    expect(new Set(lives)).toEqual(new Set(lives.filter((life) => ONE_WINNER.includes(life))));
    await call('post', '/v1/egress/resume', await site.token('hub_export:operate')).expect(200);
  }, 60_000);

  it('sends each transfer once with two services beside each other', async () => {
    const second = await site.app(UNHURRIED);
    const resources = await Promise.all(Array.from({ length: 24 }, () => site.report('report', 512)));
    await Promise.all(resources.map((resource) => site.mark(resource)));
    const ids = resources.map(({ transferId }) => transferId);
    await call('post', '/v1/transfers/queue', write).send({ transfer_ids: ids }).expect(200);
    for (const resource of resources) await completed(resource);
    for (const { transferKey } of resources) {
      const requests = await site.control.requests({ transfer_key: transferKey });
      expect(requests.map(({ step }) => step)).toEqual(['create', 'media']);
    }
    await second.close();
  }, 60_000);

  const ONE_WINNER = ['ResourceMarked TransferQueued', 'ResourceMarked ResourceUnmarked'];

  function call(method: 'get' | 'post' | 'put', path: string, token: string) {
    return request(app.app.getHttpServer())[method](path).set('authorization', `Bearer ${token}`);
  }

  async function queue(resource: Reported) {
    return call('post', '/v1/transfers/queue', write).send({ transfer_ids: [resource.transferId] });
  }

  async function queued(resource: Reported): Promise<void> {
    await site.mark(resource);
    const { body } = await queue(resource);
    expect(body.results).toEqual([{ transfer_id: resource.transferId, outcome: 'queued' }]);
  }

  async function rowIn(resource: Reported, status: string, attempts = 1) {
    return eventually(
      async () => {
        const { body } = await call('get', `/v1/transfers/${resource.transferId}`, write);
        if (body.status !== status || body.attempts < attempts) throw new Error(`${body.status} ${body.failure_code}`);
        return body;
      },
      { what: status, withinMs: 20_000 },
    );
  }

  const completed = (resource: Reported) => rowIn(resource, 'completed');
  const failed = (resource: Reported, attempts = 1) => rowIn(resource, 'failed', attempts);
});
