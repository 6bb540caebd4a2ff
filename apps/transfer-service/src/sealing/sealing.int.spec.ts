import { jest } from '@jest/globals';
import type { HubProfile } from '@hub-export/contracts';
import { eventually } from '@hub-export/testing';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import type { TransferApp } from '../app.server.js';
import { type Reported, TestSite } from '../testing/site.testing.js';
import { fingerprintOf, type SealedMedia } from './envelope.js';

jest.setTimeout(30_000);

// Real: PostgreSQL, NATS, media and sealed media on disk, a hub over mutual TLS that opens envelopes.
describe.each<HubProfile>(['endoreg-3.0-envelope', 'endoreg-3.0-envelope-raw-hash'])(
  'sealed media for %s',
  (profile) => {
    let site: TestSite;
    let app: TransferApp;
    let write: string;
    let operate: string;

    beforeAll(async () => {
      site = await TestSite.start(profile);
      app = await site.app();
      operate = await site.token('hub_export:operate');
      write = await site.token('hub_export:write');
      for (const [key, node] of Object.entries({ 'site-a': site.siteNode(), hub: site.hubNode() })) {
        await call('put', `/v1/nodes/${key}`, operate).send(node).expect(200);
      }
    }, 60_000);

    afterAll(() => site.close());

    afterEach(() => site.control.clearFaults());

    it.each([
      ['report', 4096],
      ['video', 5 * 1024 * 1024 + 17],
    ] as const)('takes a %s to completed with a verified receipt, and keeps nothing', async (kind, size) => {
      const resource = await site.report(kind, size);
      await queued(resource);
      await completed(resource);
      const [body] = await mediaBodies(resource);
      const { acknowledgement } = await lastOf(resource, 'TransferCompleted');
      expect(acknowledgement).toMatchObject({
        receipt: { ciphertext_sha256: body?.body_sha256, ciphertext_size: resource.mediaSize },
      });
      expect(await site.control.media(resource.mediaSha256)).toMatchObject({ exists: true, size: resource.mediaSize });
      await eventually(async () => (await staged(resource)) === null, { what: 'the sealed media to be gone' });
    });

    it('never sends the plaintext as the body of any request', async () => {
      const resource = await site.report();
      await queued(resource);
      await completed(resource);
      const plaintexts = new Set(
        (await readdir(join(site.folder, 'media/processed'))).map((name) => name.slice(0, 64)),
      );
      const bodies = await site.control.requests({ step: 'media' });
      expect(bodies.length).toBeGreaterThan(0);
      expect(bodies.filter(({ body_sha256 }) => plaintexts.has(body_sha256))).toEqual([]);
    });

    it('finds a transfer whose acknowledgement was lost completed by its receipt, and sends no second body', async () => {
      const resource = await site.report();
      await site.control.addFaults({ step: 'media', action: { type: 'lose-answer' } });
      await queued(resource);
      await completed(resource);
      expect(await mediaBodies(resource)).toHaveLength(1);
      expect((await lastOf(resource, 'TransferCompleted')).acknowledgement).toHaveProperty('receipt');
    });

    // What follows does not depend on how a profile names its rows.
    if (profile === 'endoreg-3.0-envelope-raw-hash') return;

    it('sends the very same bytes again when the hub never came to look at them', async () => {
      const resource = await site.report();
      await site.control.addFaults({ step: 'media', action: { type: 'hang', when: 'before' } });
      await queued(resource);
      await completed(resource);
      const bodies = await mediaBodies(resource);
      expect(bodies).toHaveLength(2);
      expect(new Set(bodies.map(({ body_sha256 }) => body_sha256)).size).toBe(1);
    });

    it('goes on with the bytes that were sealed before a worker stopped in the middle of sending', async () => {
      const resource = await site.report('video', 4 * 1024 * 1024);
      const before = await stoppedInUpload(resource);
      expect(before).not.toBeNull();
      app = await site.app();
      await completed(resource);
      const receipt = (await site.control.transfer(resource.transferKey))?.envelope_receipt;
      expect(receipt).toMatchObject({
        ciphertext_sha256: before?.ciphertext_sha256,
        envelope_fingerprint_sha256: before === null ? '' : fingerprintOf(before.envelope),
      });
    });

    it('takes over the claim of an upload that died together with the hub', async () => {
      const resource = await site.report('video', 4 * 1024 * 1024);
      await stoppedInUpload(resource);
      const lease = { fencingToken: 99, expiresAt: '2026-01-01T00:00:00.000Z' };
      await site.control.setTransfer(resource.transferKey, { transfer_status: 'running', lease });
      app = await site.app();
      await completed(resource);
    });

    it('seals anew where the sealed media is lost, once the hub says that the upload failed', async () => {
      const resource = await site.report('video', 4 * 1024 * 1024);
      const before = await stoppedInUpload(resource);
      await rm(site.stagingDir, { recursive: true });
      app = await site.app();
      await completed(resource);
      const receipt = (await site.control.transfer(resource.transferKey))?.envelope_receipt;
      expect(receipt).toMatchObject({ plaintext_sha256: resource.mediaSha256 });
      expect(receipt?.ciphertext_sha256).not.toBe(before?.ciphertext_sha256);
    });

    it('does not seal anew where the sealed media is lost and the hub only says that it waits', async () => {
      const resource = await site.report();
      await site.control.addFaults({ step: 'media', action: { type: 'hang', when: 'before' } });
      await queued(resource);
      // Recorded, the upload has only begun: what it sends must have left.
      await eventually(async () => (await mediaBodies(resource)).length === 1, { what: 'the upload at the hub' });
      await rm(site.stagingDir, { recursive: true });
      expect(await failedFor(resource, 'staged_envelope_lost')).toMatchObject({
        failure_class: 'integrity',
        retryable: false,
      });
      expect(await mediaBodies(resource)).toHaveLength(1);
    });

    it('never lets damaged ciphertext become a complete body', async () => {
      const resource = await site.report();
      await site.control.addFaults({ step: 'media', action: { type: 'hang', when: 'before' } });
      await queued(resource);
      await eventually(async () => (await site.life(resource)).includes('UploadStarted'), { what: 'the upload' });
      const file = join(site.stagingDir, resource.transferId, 'ciphertext');
      const damaged = await readFile(file);
      damaged.writeUInt8(damaged.readUInt8(0) ^ 1, 0);
      await writeFile(file, damaged);
      await failedFor(resource, 'staged_envelope_lost');
      expect((await mediaBodies(resource)).map(({ commit }) => commit).filter((commit) => commit !== null)).toEqual([]);
      expect(await site.control.transfer(resource.transferKey)).not.toMatchObject({ transfer_status: 'applied' });
    });

    it('does not complete on an honest receipt that it has nothing to compare with', async () => {
      const [resource] = await appliedUnheard(1);
      if (resource === undefined) throw new Error('no resource');
      await rm(site.stagingDir, { recursive: true });
      await site.control.clearFaults();
      expect(await failedFor(resource, 'receipt_unverifiable')).toMatchObject({ retryable: false });
    });

    it('completes on no receipt that differs in any one field, and on none at all', async () => {
      const resources = await appliedUnheard(RECEIPT_FIELDS.length + 2);
      for (const [index, { transferKey }] of resources.entries()) {
        const { envelope_receipt } = (await site.control.transfer(transferKey)) ?? {};
        const field = RECEIPT_FIELDS[index];
        if (field !== undefined) {
          expect(envelope_receipt).toHaveProperty(field);
          await site.control.setTransfer(transferKey, {
            envelope_receipt: { ...envelope_receipt, [field]: 'another' },
          });
        } else if (index === RECEIPT_FIELDS.length) {
          await site.control.setTransfer(transferKey, { envelope_receipt: null });
        }
      }
      await site.control.clearFaults();
      for (const [index, resource] of resources.entries()) {
        if (index < RECEIPT_FIELDS.length) await failedFor(resource, 'receipt_mismatch');
        else if (index === RECEIPT_FIELDS.length) await failedFor(resource, 'receipt_missing');
        else await completed(resource);
      }
    }, 60_000);

    it('tells clearly that the hub does not know the key, and seals anew for the right one', async () => {
      const original = await readFile(site.recipientKeyFile, 'utf8');
      const resource = await site.report();
      await writeFile(site.recipientKeyFile, TestSite.recipient().publicPem);
      await queued(resource);
      expect(await failedFor(resource, 'recipient_key_unavailable')).toMatchObject({
        failure_class: 'configuration',
        retryable: false,
      });
      await eventually(async () => (await staged(resource)) === null, { what: 'the sealed media to be gone' });
      await writeFile(site.recipientKeyFile, original);
      await retry(resource);
      await completed(resource);
      expect(new Set((await mediaBodies(resource)).map(({ body_sha256 }) => body_sha256)).size).toBe(2);
    });

    it('keeps nothing of media that is not what was approved', async () => {
      const resource = await site.report('report', 2 * 1024 * 1024);
      await site.mark(resource);
      const media = await readFile(resource.mediaFile);
      media.writeUInt8(media.readUInt8(media.length - 1) ^ 1, media.length - 1);
      await writeFile(resource.mediaFile, media);
      await queue(resource);
      await failedFor(resource, 'media_changed');
      await appendFile(resource.mediaFile, 'x');
      await retry(resource);
      await rowIn(resource, 'failed', 2);
      expect(await staged(resource)).toBeNull();
      expect((await readdir(site.stagingDir)).filter((name) => name.startsWith(resource.transferId))).toEqual([]);
      expect(await mediaBodies(resource)).toEqual([]);
    });

    it('sends no plaintext where a transfer was frozen before the hub asked for envelopes', async () => {
      const resource = await site.report();
      await call('put', '/v1/nodes/hub', operate)
        .send(site.hubNode({ profile: 'endoreg-3.0' }))
        .expect(200);
      await site.control.addFaults({ step: 'create', action: { type: 'delay', ms: 1_000, when: 'before' } });
      await site.control.configure({ profile: 'endoreg-3.0' });
      try {
        await queued(resource);
        await eventually(async () => (await site.life(resource)).includes('RegistrationStarted'), {
          what: 'the start',
        });
      } finally {
        await call('put', '/v1/nodes/hub', operate).send(site.hubNode()).expect(200);
      }
      await failedFor(resource, 'hub_profile_changed');
      await site.control.configure({ profile });
      expect(await mediaBodies(resource)).toEqual([]);
    });

    /** So many transfers that the hub has applied, and whose sender is kept from hearing of it until faults are cleared. */
    async function appliedUnheard(count: number): Promise<readonly Reported[]> {
      const resources = await Promise.all(Array.from({ length: count }, () => site.report('report', 256)));
      await site.control.addFaults(
        { step: 'media', times: 'forever', action: { type: 'lose-answer' } },
        { step: 'status', times: 'forever', action: { type: 'answer', status: 429, when: 'before', body: {} } },
      );
      await Promise.all(resources.map(queued));
      for (const { transferKey } of resources) {
        await eventually(async () => (await site.control.transfer(transferKey))?.transfer_status === 'applied', {
          what: 'the hub to apply it',
          withinMs: 30_000,
        });
      }
      return resources;
    }

    /** An upload in whose middle its service stopped; what was sealed for it by then. */
    async function stoppedInUpload(resource: Reported): Promise<SealedMedia | null> {
      await site.control.addFaults({ step: 'media', action: { type: 'throttle', bytes_per_second: 1024 * 1024 } });
      await queued(resource);
      await eventually(async () => (await site.life(resource)).includes('UploadStarted'), { what: 'the upload' });
      await eventually(async () => (await site.control.transfer(resource.transferKey))?.transfer_status === 'running', {
        what: 'the hub to claim it',
      });
      await app.close();
      await eventually(async () => (await site.control.transfer(resource.transferKey))?.transfer_status === 'failed', {
        what: 'the hub to notice',
      });
      return staged(resource);
    }

    async function staged(resource: Reported): Promise<SealedMedia | null> {
      const file = join(site.stagingDir, resource.transferId, 'sealed.json');
      return readFile(file, 'utf8').then(
        (text) => JSON.parse(text) as SealedMedia,
        () => null,
      );
    }

    function mediaBodies(resource: Reported) {
      return site.control.requests({ step: 'media', transfer_key: resource.transferKey });
    }

    async function lastOf(resource: Reported, type: string) {
      return (await site.facts(resource)).filter((event) => event.type === type).at(-1)?.data ?? {};
    }

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

    async function retry(resource: Reported): Promise<void> {
      await call('post', '/v1/transfers/retry', write)
        .send({ transfer_ids: [resource.transferId] })
        .expect(200);
    }

    async function rowIn(resource: Reported, status: string, attempts = 1, code: string | null = null) {
      return eventually(
        async () => {
          const { body } = await call('get', `/v1/transfers/${resource.transferId}`, write);
          const isThere = body.status === status && body.attempts >= attempts;
          if (!isThere || (code !== null && body.failure_code !== code)) {
            throw new Error(`${body.status} ${body.failure_code}`);
          }
          return body;
        },
        { what: `${status} ${code ?? ''}`, withinMs: 20_000 },
      );
    }

    function completed(resource: Reported) {
      return rowIn(resource, 'completed');
    }

    function failedFor(resource: Reported, code: string) {
      return rowIn(resource, 'failed', 1, code);
    }
  },
);

const RECEIPT_FIELDS = [
  'contract_version',
  'envelope_contract_version',
  'profile',
  'transfer_key',
  'source_node_key',
  'source_center_key',
  'target_node_key',
  'resource_kind',
  'resource_hash',
  'processed_media_hash',
  'transfer_mode',
  'media_role',
  'plaintext_sha256',
  'plaintext_size',
  'recipient_key_id',
  'ciphertext_sha256',
  'ciphertext_size',
  'envelope_fingerprint_sha256',
  'receiver_transfer_id',
  'transfer_status',
  'processing_decision',
  'verified',
];
