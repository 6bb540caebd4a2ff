import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import type { ServiceName } from './site/service.process.js';
import type { SiteResource } from './site/site-resource.js';
import { Site } from './site/site.process.js';

jest.setTimeout(180_000);

const MEGABYTE = 1024 * 1024;

// Real: the three services as processes that are killed, PostgreSQL, NATS, a hub over mutual TLS.
describe('a crash costs time and nothing else', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.start();
  });

  afterAll(() => site?.close());

  afterEach(() => site.control.clearFaults());

  it.each<ServiceName>(['marking-service', 'transfer-service', 'audit-service'])(
    'kill -9 of the %s during an upload: completed after its restart, one accepted body, one identity',
    async (name) => {
      const resource = await underway();
      const service = site.services.find((one) => one.name === name);
      await service?.end('SIGKILL');
      service?.start();
      await site.inState(resource, 'completed', 60_000);
      await expectOneTransfer(resource);
      if (service !== undefined) await site.ready(service);
    },
  );

  it('SIGTERM in mid-upload hands over: it ends in order, and goes on after the restart', async () => {
    const resource = await underway();
    expect(await site.transfer.end('SIGTERM')).toBe(0);
    site.transfer.start();
    await site.inState(resource, 'completed', 60_000);
    await expectOneTransfer(resource);
  });

  it('a sender that was killed after the hub applied the media asks, and sends no second body', async () => {
    const resource = await site.report('report');
    await site.control.addFaults({
      step: 'media',
      transfer_key: resource.transferKey,
      action: { type: 'hang', when: 'after' },
    });
    await site.mark(resource);
    await site.queue(resource);
    await eventually(async () => (await site.control.transfer(resource.transferKey))?.transfer_status === 'applied', {
      what: 'applied at the hub',
    });
    await site.transfer.end('SIGKILL');
    site.transfer.start();
    await site.inState(resource, 'completed', 60_000);
    const media = await site.control.requests({ step: 'media', transfer_key: resource.transferKey });
    expect(media).toHaveLength(1);
  });

  it('a killed sender’s transfers are taken over by the one beside it, each sent once', async () => {
    const resources = await Promise.all(Array.from({ length: 12 }, () => site.report('report', 64 * 1024)));
    await site.control.addFaults({
      step: 'create',
      times: 'forever',
      action: { type: 'delay', ms: 150, when: 'before' },
    });
    await site.mark(...resources);
    const second = await site.anotherSender();
    await site.ready(second);
    await site.queue(...resources);
    await eventually(async () => (await site.control.requests({ step: 'create' })).length > 0, {
      what: 'the first request',
    });
    await site.transfer.end('SIGKILL');
    for (const resource of resources) await site.inState(resource, 'completed', 60_000, second.url);
    for (const resource of resources) await expectOneTransfer(resource);
    site.transfer.start();
    await site.ready(site.transfer);
  });

  /** A video whose upload has begun and takes a few seconds. */
  async function underway(): Promise<SiteResource> {
    const resource = await site.report('video', 4 * MEGABYTE);
    const transfer_key = resource.transferKey;
    await site.control.addFaults({
      step: 'media',
      transfer_key,
      action: { type: 'throttle', bytes_per_second: 2 * MEGABYTE },
    });
    await site.mark(resource);
    await site.queue(resource);
    await eventually(async () => (await site.control.requests({ step: 'media', transfer_key })).length > 0, {
      what: 'the first byte',
      withinMs: 30_000,
    });
    return resource;
  }

  async function expectOneTransfer(resource: SiteResource): Promise<void> {
    expect(await site.acceptedBodies(resource)).toBe(1);
    const known = (await site.control.transfers()).filter(({ resource_hash }) => resource_hash === resource.hash);
    expect(known).toHaveLength(1);
    const creates = await site.control.requests({ step: 'create', transfer_key: resource.transferKey });
    expect(new Set(creates.map(({ body_sha256 }) => body_sha256)).size).toBe(1);
  }
});
