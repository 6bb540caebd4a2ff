import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import { type SiteResource, snapshotOf } from './site/site-resource.js';
import { Site } from './site/site.process.js';

jest.setTimeout(120_000);

// Real: the three services as processes, PostgreSQL, NATS, media on disk, a hub over mutual TLS.
describe('a site of whole processes', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.start();
  });

  afterAll(() => site?.close());

  it('takes a video and a report from registered to completed and verified, and the audit answers for both', async () => {
    const resources = [await site.report('video', 2 * 1024 * 1024), await site.report('report')];
    await site.mark(...resources);
    await site.queue(...resources);
    for (const resource of resources) {
      await site.inState(resource, 'completed');
      expect(await site.acceptedBodies(resource)).toBe(1);
      const view = await audited(resource);
      expect(view).toMatchObject({ transfer_key: resource.transferKey });
      const text = JSON.stringify(view);
      expect(text).toContain('operator-1');
      expect(text).toContain('applied');
    }
  });

  it('shows a mark in the list at the position that the mark answered', async () => {
    const resource = await site.report('report');
    const mark = await site.client.done('POST', `${site.marking.url}/v1/marks`, {
      resources: [{ resource_kind: 'report', resource_hash: resource.hash }],
    });
    const detail = await site.client.done(
      'GET',
      `${site.marking.url}/v1/resources/report/${resource.hash}?at_least=${mark.position}`,
    );
    expect(JSON.stringify(detail)).toContain('marked');
  });

  it('has one mark when twenty race for it', async () => {
    const resource = await site.report('report');
    const body = { resources: [{ resource_kind: 'report', resource_hash: resource.hash }] };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        site.client.done('POST', `${site.marking.url}/v1/marks`, body, `race-${n}-key`),
      ),
    );
    const outcomes = answers.map(({ results }) => results[0].outcome as string).sort();
    expect(outcomes).toEqual(['marked', ...Array<string>(19).fill('unchanged')]);
  });

  it('does not send again what was completed', async () => {
    const resource = await site.report('report');
    await site.mark(resource);
    await site.queue(resource);
    await site.inState(resource, 'completed');
    const again = await site.client.done('POST', `${site.marking.url}/v1/marks`, {
      resources: [{ resource_kind: 'report', resource_hash: resource.hash }],
    });
    expect(again.results[0]).toMatchObject({ outcome: 'unchanged', transfer_id: resource.transferId });
    const queued = await site.client.done('POST', `${site.transfer.url}/v1/transfers/queue`, {
      transfer_ids: [resource.transferId],
    });
    expect(queued.results[0]).toMatchObject({ outcome: 'unchanged' });
    expect(await site.acceptedBodies(resource)).toBe(1);
  });

  it('refuses each kind of bad order with its own code, and does the good ones beside it', async () => {
    const good = await site.report('report');
    const ineligible = await site.resource('report', 100);
    const snapshot = snapshotOf(ineligible);
    const address = `${site.marking.url}/v1/resources/report/${ineligible.hash}`;
    await site.client.done('PUT', address, { ...snapshot, anonymization_state: 'STARTED' });
    const { results } = await site.client.done('POST', `${site.marking.url}/v1/marks`, {
      resources: [good.hash, ineligible.hash, 'f'.repeat(64)].map((hash) => ({
        resource_kind: 'report',
        resource_hash: hash,
      })),
    });
    expect(results).toMatchObject([
      { outcome: 'marked' },
      { outcome: 'refused', code: 'not_anonymized' },
      { outcome: 'refused', code: 'unknown_resource' },
    ]);
    const other = { ...snapshot, anonymization_state: 'FAILED' };
    expect(await site.client.call('PUT', address, other)).toMatchObject({
      status: 409,
      body: { code: 'source_version_reused' },
    });
    expect(await site.client.call('PUT', address, { ...snapshot, source_version: 0 })).toMatchObject({
      status: 409,
      body: { code: 'stale_source_version' },
    });
    expect(
      await site.client.call('PUT', `${site.marking.url}/v1/resources/picture/${good.hash}`, snapshot),
    ).toMatchObject({
      body: { code: 'unknown_resource_kind' },
    });
    expect(await site.client.call('PUT', `${site.marking.url}/v1/resources/report/abc`, snapshot)).toMatchObject({
      body: { code: 'malformed_resource_hash' },
    });
    const toNowhere = {
      target_node_key: 'nowhere',
      resources: [{ resource_kind: 'report', resource_hash: good.hash }],
    };
    expect(await site.client.call('POST', `${site.marking.url}/v1/marks`, toNowhere)).toMatchObject({
      status: 409,
      body: { code: 'unknown_target' },
    });
    await site.queue(good);
    const unmark = await site.client.done('POST', `${site.marking.url}/v1/unmarks`, {
      resources: [{ resource_kind: 'report', resource_hash: good.hash }],
    });
    expect(unmark.results).toMatchObject([{ outcome: 'refused', code: 'already_queued' }]);
  });

  it('answers for its API documents, health and metrics', async () => {
    for (const { url } of site.services) {
      const document = await site.client.done('GET', `${url}/openapi.json`);
      expect(document.openapi).toMatch(/^3\./);
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_cpu');
    }
  });

  async function audited(resource: SiteResource) {
    return eventually(
      async () => {
        const view = await site.client.done('GET', `${site.audit.url}/v1/audit/transfers/${resource.transferId}`);
        if (!JSON.stringify(view).includes('applied')) throw new Error('not yet');
        return view;
      },
      { what: 'the audit view' },
    );
  }
});
