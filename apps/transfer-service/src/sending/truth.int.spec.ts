import { jest } from '@jest/globals';
import { HUB_PROFILES, PROFILE_TRAITS } from '@hub-export/contracts';
import { IDENTITY_FIELDS, type NamedFaultRule, type RequestStory } from '@hub-export/hub-simulator';
import { eventually } from '@hub-export/testing';
import request from 'supertest';
import type { TransferApp } from '../app.server.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(90_000);

// Real: PostgreSQL, NATS, media on disk, a hub over mutual TLS. What the hub saw is read from its own journal.
describe.each(HUB_PROFILES)('what the sender believes of a hub of profile %s', (profile) => {
  const { sealsMedia } = PROFILE_TRAITS[profile];
  let site: TestSite;
  let app: TransferApp;
  let write: string;

  beforeAll(async () => {
    site = await TestSite.start(profile);
    // A busy machine is no lost worker: what is shown here is what the hub says.
    app = await site.app({ LEASE_MS: '15000' });
    const operate = await site.token('hub_export:operate');
    write = await site.token('hub_export:write');
    for (const [key, node] of Object.entries({ 'site-a': site.siteNode(), hub: site.hubNode() })) {
      await call('put', `/v1/nodes/${key}`, operate).send(node).expect(200);
    }
  }, 90_000);

  afterAll(() => site.close());

  it('completes a report and a video, each with one body and the right bytes', async () => {
    for (const resource of [await site.report('report'), await site.report('video', 3 * 1024 * 1024 + 5)]) {
      await queued([resource]);
      await inState(resource, 'completed');
      expect(await site.control.media(resource.mediaSha256)).toEqual({ exists: true, size: resource.mediaSize });
      expect(await bodies(resource)).toHaveLength(1);
    }
  });

  it('finds what was applied and not acknowledged, with exactly one body sent', async () => {
    const resource = await met('media', 'lost-answer');
    await inState(resource, 'completed');
    expect(await bodies(resource)).toHaveLength(1);
    expect(await site.life(resource)).toEqual(expect.arrayContaining(['OutcomeUnknown', 'HubAsked']));
  });

  it.each(['409-other', '409-same'])('sends no media after a conflict (%s), and says integrity', async (name) => {
    const resource = await met('create', name);
    expect(await inState(resource, 'failed')).toMatchObject({
      failure_class: 'integrity',
      failure_code: 'hub_conflict',
    });
    expect(await bodies(resource)).toEqual([]);
  });

  it('completes on no acknowledgement that is foreign in any one field', async () => {
    const fields = IDENTITY_FIELDS.filter((field) => profile !== 'endoreg-2.0' || field !== 'processed_media_hash');
    const resources = await Promise.all(fields.map(() => site.report('report', 64)));
    await site.control.addFaults(
      ...resources.map(({ transferKey: transfer_key }, index) => ({
        name: `${index % 2 === 0 ? 'wrong' : 'missing'}-${fields[index]}`,
        step: 'media' as const,
        transfer_key,
      })),
    );
    await queued(resources);
    for (const resource of resources) {
      expect(await inState(resource, 'failed')).toMatchObject({
        failure_class: 'integrity',
        failure_code: 'identity_mismatch',
      });
    }
  });

  // The rest does not depend on how a profile names its rows, nor on its version.
  if (profile === 'endoreg-2.0' || profile === 'endoreg-3.0-envelope-raw-hash') return;

  it.each([
    'invalid-json',
    'html',
    'empty',
    'huge',
    'deep-json',
    'prototype-keys',
    'wrong-content-type',
    'false-applied',
  ])('neither fails over nor believes %s, in whatever call', async (name) => {
    const [created, uploaded, asked] = await Promise.all([1, 2, 3].map(() => site.report('report', 64)));
    if (!created || !uploaded || !asked) throw new Error('no resources');
    await site.control.addFaults(
      { name, step: 'create', transfer_key: created.transferKey },
      { name, step: 'media', transfer_key: uploaded.transferKey },
      { name: 'lost-answer', step: 'create', transfer_key: asked.transferKey },
      { name, step: 'status', transfer_key: asked.transferKey },
    );
    await queued([created, uploaded, asked]);
    for (const resource of [created, uploaded, asked]) {
      const { status } = await settled(resource);
      const held = await site.control.transfer(resource.transferKey);
      expect([status === 'completed' && held?.transfer_status !== 'applied', status]).toEqual([false, status]);
    }
  });

  it('asks a busy hub again in the same attempt, and goes on when it is free', async () => {
    const resource = await met('create', 'state-running');
    await eventually(async () => (await site.life(resource)).includes('HubAsked'), { what: 'the first answer' });
    await site.control.setTransfer(resource.transferKey, { transfer_status: 'awaiting_media', lease: null });
    expect(await inState(resource, 'completed')).toMatchObject({ attempts: 1 });
    expect(await bodies(resource)).toHaveLength(1);
  });

  it('registers anew, once, with a hub that forgot, and leaves a hub that forgets again to a person', async () => {
    const once = await met('media', 'amnesia');
    await inState(once, 'completed');
    const creates = await site.control.requests({ step: 'create', transfer_key: once.transferKey });
    expect(new Set(creates.map(({ body_sha256 }) => body_sha256)).size).toBe(1);
    const twice = await met('media', 'amnesia', { times: 2 });
    expect(await inState(twice, 'failed', 'hub_forgets_transfer')).toMatchObject({ failure_class: 'integrity' });
  });

  it('gives a registration up that the hub fails on for the third time', async () => {
    const resource = await met('create', '500', { times: 'forever' });
    const row = await eventually(
      async () => {
        const { body } = await call('get', `/v1/transfers/${resource.transferId}`, write);
        return body.retries_exhausted === true ? body : false;
      },
      { what: 'the end of retries', withinMs: 60_000 },
    );
    expect(row).toMatchObject({ status: 'failed', failure_code: 'registration_failed_at_hub', attempts: 3 });
    await site.control.clearFaults();
  });

  if (sealsMedia) {
    it('takes over a claim that outlived its lease, with the same bytes', async () => {
      const resource = await site.report('report', 64);
      const { transferKey: transfer_key } = resource;
      await site.control.addFaults({ step: 'media', transfer_key, action: { type: 'claim', ms: 200 } });
      await queued([resource]);
      await inState(resource, 'completed');
      const sent = await bodies(resource);
      expect(new Set(sent.map(({ body_sha256 }) => body_sha256)).size).toBe(1);
      expect(sent.map(({ status }) => status)).toEqual([409, 200]);
    });

    it('sends once more where the hub says that the upload failed', async () => {
      const resource = await met('create', 'state-failed');
      await inState(resource, 'completed');
    });

    it('leaves lost media to a person, whose retry sends it', async () => {
      const resource = await met('create', 'state-lost');
      expect(await inState(resource, 'failed')).toMatchObject({
        failure_class: 'integrity',
        failure_code: 'hub_lost_media',
      });
      expect(await bodies(resource)).toEqual([]);
      await call('post', '/v1/transfers/retry', write)
        .send({ transfer_ids: [resource.transferId] })
        .expect(200);
      await inState(resource, 'completed');
    });
  }

  it.each([
    ['create', 'lost-answer'],
    ['create', 'timeout'],
    ['create', '500-after-commit'],
    ['create', '502'],
    ['create', 'cut-answer'],
    ['media', 'timeout-after-commit'],
    ['media', '500-after-commit'],
    ['media', 'cut-after-one-byte'],
    ['media', '503-retry-after'],
  ] as const)('asks after a %s that met %s before it sends anything again', async (step, name) => {
    const resource = await met(step, name);
    await inState(resource, 'completed');
    const requests = await site.control.requests({ transfer_key: resource.transferKey });
    const first = requests.findIndex((story) => isAmbiguous(story));
    expect(requests[first + 1]).toMatchObject({ step: 'status' });
    expect(await site.life(resource)).toEqual(expect.arrayContaining(['OutcomeUnknown', 'HubAsked']));
    expect(await site.control.media(resource.mediaSha256)).toMatchObject({ exists: true });
  });

  it('has never sent again before it had asked, in all that the hub saw here', async () => {
    const requests = await site.control.requests();
    const keys = [...new Set(requests.map(({ transfer_key }) => transfer_key))];
    let questions = 0;
    for (const key of keys) {
      const own = requests.filter(({ transfer_key }) => transfer_key === key);
      for (const [index, story] of own.slice(0, -1).entries()) {
        if (!isAmbiguous(story)) continue;
        questions += 1;
        expect([key, own[index + 1]?.step]).toEqual([key, 'status']);
      }
    }
    expect(questions).toBeGreaterThan(8);
  });

  function isAmbiguous({ step, outcome, status }: RequestStory): boolean {
    return (step === 'create' || step === 'media') && (outcome !== 'answered' || (status ?? 0) >= 500);
  }

  function bodies(resource: Reported) {
    return site.control.requests({ step: 'media', transfer_key: resource.transferKey });
  }

  /** A transfer whose next such call meets a fault. */
  async function met(
    step: 'create' | 'media' | 'status',
    name: string,
    more: Pick<NamedFaultRule, 'times'> = {},
  ): Promise<Reported> {
    const resource = await site.report('report', 64);
    await site.control.addFaults({ name, step, transfer_key: resource.transferKey, ...more });
    await queued([resource]);
    return resource;
  }

  function call(method: 'get' | 'post' | 'put', path: string, token: string) {
    return request(app.app.getHttpServer())[method](path).set('authorization', `Bearer ${token}`);
  }

  async function queued(resources: readonly Reported[]): Promise<void> {
    await Promise.all(resources.map((resource) => site.mark(resource)));
    const transfer_ids = resources.map(({ transferId }) => transferId);
    await call('post', '/v1/transfers/queue', write).send({ transfer_ids }).expect(200);
  }

  /** Completed, or failed so that only a person can go on. */
  async function settled(resource: Reported) {
    return eventually(
      async () => {
        const { body } = await call('get', `/v1/transfers/${resource.transferId}`, write);
        const isOver = body.status === 'completed' || (body.status === 'failed' && body.retryable === false);
        if (!isOver) throw new Error(`${body.status} ${body.failure_code}`);
        return body;
      },
      { what: 'an end', withinMs: 40_000 },
    );
  }

  async function inState(resource: Reported, status: string, code?: string) {
    return eventually(
      async () => {
        const { body } = await call('get', `/v1/transfers/${resource.transferId}`, write);
        if (body.status !== status || (code !== undefined && body.failure_code !== code)) {
          throw new Error(`${body.status} ${body.failure_code}`);
        }
        return body;
      },
      { what: `${status} ${code ?? ''}`, withinMs: 40_000 },
    );
  }
});
