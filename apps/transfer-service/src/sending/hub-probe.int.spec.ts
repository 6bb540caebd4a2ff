import { jest } from '@jest/globals';
import { ensureAuthority } from '@hub-export/local-servers';
import { rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Caller, recordNodes } from '../testing/caller.testing.js';
import { TestSite } from '../testing/site.testing.js';

jest.setTimeout(120_000);

interface Probed {
  readonly reachable: boolean;
  readonly code: string | null;
  readonly steps: readonly { readonly step: string; readonly outcome: string; readonly code: string | null }[];
  readonly hub_certificate_days_left: number | null;
  readonly client_certificate_days_left: number | null;
}

// Real: PostgreSQL, NATS, files, a hub over mutual TLS.
describe('the probe of a connection', () => {
  let site: TestSite;
  let caller: Caller;

  beforeAll(async () => {
    site = await TestSite.start();
    const app = await site.app({ LEASE_MS: '15000', HUB_ANSWER_TIMEOUT_MS: '15000' });
    caller = new Caller(app.app, await site.token('hub_export:write', 'hub_export:operate'));
    await recordNodes(site, caller);
  }, 60_000);

  afterEach(() => hubIs({}));
  afterAll(() => site.close());

  it('passes every step and tells the days of both certificates; of credentials once the hub knows a transfer', async () => {
    const first = await probe();
    expect(first).toMatchObject({ reachable: true, code: null });
    expect(told(first)).toEqual([
      'name_resolution passed',
      'tcp passed',
      'tls passed',
      'client_certificate passed',
      'node_credentials not_reached no_transfer_known_to_hub',
      'transfers_enabled passed',
    ]);
    expect(first.hub_certificate_days_left).toBeGreaterThan(300);
    expect(first.client_certificate_days_left).toBeGreaterThan(300);

    const before = (await site.control.transfers()).length;
    const resource = await site.report('report', 64);
    await site.mark(resource);
    await caller.order('queue', resource);
    await caller.reached(resource, 'completed', 60_000);
    const second = await probe();
    expect(told(second)[4]).toBe('node_credentials passed');
    for (const step of second.steps) expect(step).toMatchObject({ duration_ms: expect.any(Number) });
    expect((await site.control.transfers()).length).toBe(before + 1);

    await writeFile(join(site.folder, 'node-secret'), 'wrong', { mode: 0o600 });
    const denied = await probe();
    await writeFile(join(site.folder, 'node-secret'), 'correct horse battery staple', { mode: 0o600 });
    expect(denied).toMatchObject({ reachable: false, code: 'hub_denies_access' });
    expect(told(denied)[4]).toBe('node_credentials failed hub_denies_access');
  });

  it('names the first step that fails, and what lies behind it is not reached', async () => {
    await hubIs({ base_url: 'https://hub.invalid/' });
    expect(firstThree(await probe())).toEqual([
      'name_resolution failed host_unknown',
      'tcp not_reached',
      'tls not_reached',
    ]);
    await hubIs({ base_url: 'https://169.254.169.254/' });
    expect(firstThree(await probe())[0]).toBe('name_resolution failed hub_address_blocked');
    await hubIs({ base_url: 'https://127.0.0.1:1/' });
    expect(firstThree(await probe())).toEqual([
      'name_resolution passed',
      'tcp failed connection_refused',
      'tls not_reached',
    ]);
  });

  it('does not trust another authority, and tells no days of a certificate that it does not trust', async () => {
    const { caFile } = await ensureAuthority(join(site.folder, 'other-ca'));
    const tls = { ...(site.hubNode()['tls'] as Record<string, string>), ca_file: caFile };
    await hubIs({ tls });
    const probed = await probe();
    expect(probed).toMatchObject({ reachable: false, hub_certificate_days_left: null });
    expect(told(probed).slice(2, 4)).toEqual([
      'tls failed hub_certificate_untrusted',
      'client_certificate not_reached',
    ]);
  });

  it('sees that our own key is gone, and still looks at the certificate of the hub', async () => {
    const key = join(site.folder, 'client.key');
    await rename(key, `${key}.away`);
    const probed = await probe();
    await rename(`${key}.away`, key);
    expect(told(probed).slice(2)).toEqual([
      'tls passed',
      'client_certificate failed client_key_unreadable',
      'node_credentials not_reached',
      'transfers_enabled not_reached',
    ]);
    expect(probed.hub_certificate_days_left).toBeGreaterThan(300);
  });

  it('sees that the hub takes no transfers', async () => {
    await site.control.configure({ feature_enabled: false });
    const probed = await probe();
    await site.control.configure({ feature_enabled: true });
    expect(probed).toMatchObject({ reachable: false, code: 'hub_transfers_off' });
    expect(told(probed)[5]).toBe('transfers_enabled failed hub_transfers_off');
  });

  /** The node as it is in the service's view, too. */
  async function hubIs(changed: Parameters<TestSite['hubNode']>[0]): Promise<void> {
    const { body } = await caller.put('/v1/nodes/hub', site.hubNode(changed)).expect(200);
    const { position } = body as { readonly position: number };
    await caller.get(`/v1/transfers?limit=1&at_least=${position}`).expect(200);
  }

  it('goes straight to the hub, whatever proxy the environment names', async () => {
    let asked = 0;
    const proxy = createServer((socket) => {
      asked += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const variables = { ...process.env };
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']) process.env[name] = address;
    process.env['NODE_USE_ENV_PROXY'] = '1';
    try {
      // Another one, so that nothing of it was set up before.
      const { app } = await site.app({ LEASE_MS: '15000', HUB_ANSWER_TIMEOUT_MS: '15000' });
      const other = new Caller(app, await site.token('hub_export:operate'));
      expect((await other.post('/v1/nodes/hub/probe').expect(200)).body).toMatchObject({ reachable: true });
      expect(asked).toBe(0);
    } finally {
      process.env = variables;
      proxy.close();
    }
  });

  async function probe(): Promise<Probed> {
    return (await caller.post('/v1/nodes/hub/probe').expect(200)).body as Probed;
  }

  function told({ steps }: Probed): readonly string[] {
    return steps.map(({ step, outcome, code }) => `${step} ${outcome}${code === null ? '' : ` ${code}`}`);
  }

  function firstThree(probed: Probed): readonly string[] {
    return told(probed).slice(0, 3);
  }
});
