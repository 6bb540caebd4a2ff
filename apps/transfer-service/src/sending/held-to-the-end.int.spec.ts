import { jest } from '@jest/globals';
import type { ResourceSnapshot } from '@hub-export/contracts';
import { eventually } from '@hub-export/testing';
import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import type { TransferApp } from '../app.server.js';
import { type Reported, TestSite } from '../testing/site.testing.js';

jest.setTimeout(60_000);

// Real: PostgreSQL, NATS, media on disk, a hub over mutual TLS.
describe('what was approved, held to the end', () => {
  let site: TestSite;
  let app: TransferApp;
  let write: string;

  beforeAll(async () => {
    site = await TestSite.start();
    app = await site.app();
    const operate = await site.token('hub_export:operate');
    write = await site.token('hub_export:write');
    for (const [key, node] of Object.entries({ 'site-a': site.siteNode(), hub: site.hubNode() })) {
      await call('put', `/v1/nodes/${key}`, operate).send(node).expect(200);
    }
  }, 90_000);

  afterAll(() => site.close());

  afterEach(() => site.control.clearFaults());

  it('is not queued while the resource is ineligible', async () => {
    const resource = await site.report();
    await site.mark(resource);
    await site.tell(resource, 2, revoked);
    expect((await queue(resource)).body.results).toMatchObject([{ outcome: 'refused', code: 'not_anonymized' }]);
  });

  it('is not registered where it was revoked after a worker vanished before it had its answer', async () => {
    const resource = await site.report();
    const { transferKey: transfer_key } = resource;
    await site.control.addFaults({ step: 'create', transfer_key, action: { type: 'hang', when: 'before' } });
    await site.mark(resource);
    await queue(resource);
    const creates = () => site.control.requests({ step: 'create', transfer_key });
    await eventually(async () => (await creates()).length > 0, { what: 'the registration' });
    await app.close();
    await site.tell(resource, 2, revoked);
    app = await site.app();
    await failedAs(resource, 'ineligible');
    expect(await creates()).toHaveLength(1);
    await site.tell(resource, 3);
    await inState(resource, 'completed');
  });

  it('is not uploaded where it is revoked between registration and the first byte, and goes on when it is restored', async () => {
    const resource = await site.report();
    await site.control.addFaults({
      step: 'create',
      transfer_key: resource.transferKey,
      action: { type: 'delay', ms: 300, when: 'after' },
    });
    await site.mark(resource);
    await queue(resource);
    await eventually(async () => (await site.control.transfer(resource.transferKey)) !== undefined, {
      what: 'the hub',
    });
    await site.tell(resource, 2, revoked);
    await failedAs(resource, 'ineligible');
    expect(await bodies(resource)).toEqual([]);
    await site.tell(resource, 3);
    await inState(resource, 'completed');
  });

  it('is broken off where it is revoked in the middle of the upload, and goes on when it is restored', async () => {
    const resource = await site.report('video', 8 * 1024 * 1024);
    await site.control.addFaults({ step: 'media', action: { type: 'throttle', bytes_per_second: 1024 * 1024 } });
    await site.mark(resource);
    await queue(resource);
    await eventually(async () => (await site.life(resource)).includes('UploadStarted'), { what: 'the upload' });
    await site.tell(resource, 2, revoked);
    await failedAs(resource, 'ineligible');
    const committed = (await bodies(resource)).filter(({ commit }) => commit !== null);
    expect(committed).toEqual([]);
    await site.tell(resource, 3);
    await inState(resource, 'completed');
  });

  it('is found where the site has moved it to, also by a retry that may change nothing else', async () => {
    const resource = await site.report();
    const moved = 'processed/moved.pdf';
    await site.mark(resource);
    await site.control.addFaults({
      step: 'create',
      transfer_key: resource.transferKey,
      action: { type: 'lose-answer' },
    });
    await rename(resource.mediaFile, join(site.folder, 'media', moved));
    await queue(resource);
    expect(await inState(resource, 'failed')).toMatchObject({ failure_code: 'media_missing' });
    await site.tell(resource, 2, (snapshot) => ({
      ...snapshot,
      processed_media: { ...snapshot.processed_media, locator: `file:${moved}` },
    }));
    await call('post', '/v1/transfers/retry', write)
      .send({ transfer_ids: [resource.transferId] })
      .expect(200);
    await inState(resource, 'completed');
    const creates = await site.control.requests({ step: 'create', transfer_key: resource.transferKey });
    expect(new Set(creates.map(({ body_sha256 }) => body_sha256)).size).toBe(1);
  });

  it('leaves the site’s media untouched under both policies, and lists what may be cleaned up', async () => {
    const root = join(site.folder, 'media/processed');
    const kept = await site.report();
    const free = await site.report();
    const before = await digestsBelow(root);
    await chmod(root, 0o555);
    try {
      await site.mark(kept);
      await site.mark(free, 'eligible_after_verified_apply');
      for (const resource of [kept, free]) {
        await queue(resource);
        await inState(resource, 'completed');
      }
    } finally {
      await chmod(root, 0o755);
    }
    expect(await digestsBelow(root)).toEqual(before);
    const listed = async (cleanup: string) => {
      const query = `limit=200&cleanup=${cleanup}&at_least=${await site.events.position()}`;
      const { body } = await call('get', `/v1/transfers?${query}`, write).expect(200);
      return (body.items as { transfer_id: string }[]).map(({ transfer_id }) => transfer_id);
    };
    expect(await listed('eligible')).toEqual([free.transferId]);
    expect(await listed('retained')).toContain(kept.transferId);
    await call('get', '/v1/transfers?cleanup=delete', write).expect(400);
  });

  function revoked(snapshot: ResourceSnapshot): ResourceSnapshot {
    return { ...snapshot, anonymization_state: 'PROCESSING_ANONYMIZING' };
  }

  function bodies(resource: Reported) {
    return site.control.requests({ step: 'media', transfer_key: resource.transferKey });
  }

  /** The fact, since the state goes on by itself. */
  async function failedAs(resource: Reported, failure_class: string): Promise<void> {
    const failure = await eventually(
      async () => (await site.facts(resource)).find(({ type }) => type === 'TransferFailed') ?? false,
      { what: 'the failure' },
    );
    expect(failure.data).toMatchObject({ failure_class, counted: false });
  }

  function call(method: 'get' | 'post' | 'put', path: string, token: string) {
    return request(app.app.getHttpServer())[method](path).set('authorization', `Bearer ${token}`);
  }

  function queue(resource: Reported) {
    return call('post', '/v1/transfers/queue', write).send({ transfer_ids: [resource.transferId] });
  }

  async function inState(resource: Reported, status: string) {
    return eventually(
      async () => {
        const { body } = await call('get', `/v1/transfers/${resource.transferId}`, write);
        if (body.status !== status) throw new Error(`${body.status} ${body.failure_code}`);
        return body;
      },
      { what: status, withinMs: 30_000 },
    );
  }
});

async function digestsBelow(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).sort();
  const digests = await Promise.all(
    names.map(async (name) =>
      createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex'),
    ),
  );
  return Object.fromEntries(names.map((name, index) => [name, digests[index] ?? '']));
}
