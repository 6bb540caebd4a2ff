import { type HubProfile, type ResourceKind, transferId, transferKey } from '@hub-export/contracts';
import { CRASH_POINTS_VARIABLE } from '@hub-export/environment';
import { createServiceUser, openPool, type ServiceRole } from '@hub-export/event-store';
import { createDevSigner } from '@hub-export/http-edge';
import { HubControlClient, type RunningHub } from '@hub-export/hub-simulator';
import { ensureAuthority, freePort, type LocalAuthority } from '@hub-export/local-servers';
import { eventually, type FreshDatabase, freshDatabase, type FreshNats, freshNats } from '@hub-export/testing';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceClient } from './service.client.js';
import { CENTER, HUB, HUB_LEASE_MS, NODE, recipientKeyFile, startSiteHub } from './site-hub.process.js';
import { type SiteResource, snapshotOf, suffixOf } from './site-resource.js';
import { migrate, type ServiceName, ServiceProcess, type Variables } from './service.process.js';

/** Generous, since the machine may be small and busy. */
const READY_LIMIT_MS = 240_000;
const READY_ANSWER_MS = 1_000;

export interface SiteOptions {
  readonly profile?: HubProfile;
  /** The folder below the media root. @default processed */
  readonly mediaFolder?: string;
  /** Variables of the services beyond what they need. */
  readonly variables?: Partial<Record<ServiceName, Variables>>;
}

/** A whole site as operations run it: every service a process, PostgreSQL, NATS, and a hub over mutual TLS. */
export class Site {
  private readonly more: ServiceProcess[] = [];

  private constructor(
    readonly folder: string,
    readonly database: FreshDatabase,
    readonly nats: FreshNats,
    readonly hub: RunningHub,
    readonly control: HubControlClient,
    readonly client: ServiceClient,
    readonly marking: ServiceProcess,
    readonly transfer: ServiceProcess,
    readonly audit: ServiceProcess,
    private readonly profile: HubProfile,
    private readonly mediaFolder: string,
    readonly authority: LocalAuthority,
  ) {}

  /** Everything is there and migrated; no service runs yet. */
  static async prepare({
    profile = 'endoreg-3.0',
    mediaFolder = 'processed',
    variables = {},
  }: SiteOptions = {}): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), 'hub-export-site-'));
    await mkdir(join(folder, 'media', mediaFolder), { recursive: true });
    await mkdir(join(folder, 'secrets'), { mode: 0o700 });
    const [database, nats, signer, authority] = await Promise.all([
      freshDatabase(),
      freshNats(),
      createDevSigner(join(folder, 'signer')),
      ensureAuthority(join(folder, 'ca')),
    ]);
    for (const name of ['marking-service', 'transfer-service', 'audit-service'] as const)
      await migrate(name, database.url);
    const secret = randomBytes(24).toString('base64url');
    await writeFile(join(folder, 'secrets/node-secret'), secret, { mode: 0o600 });
    await authority.issue({
      commonName: NODE,
      client: true,
      keyFile: join(folder, 'secrets/client.key'),
      certFile: join(folder, 'secrets/client.crt'),
    });
    const hub = await startSiteHub(folder, authority, profile, secret);
    const token = await signer.sign({
      sub: 'operator-1',
      name: 'Operator One',
      roles: [
        'hub_export:read',
        'hub_export:write',
        'hub_export:operate',
        'hub_export:audit',
        'hub_export:site',
        'center_scope:global_admin',
      ],
      centers: [CENTER],
      lifetimeSeconds: 3600,
    });
    const common = {
      NODE_ENV: 'test',
      AUTH_MODE: 'dev',
      AUTH_DEV_JWKS_FILE: signer.jwksFile,
      NATS_URL: nats.url,
    };
    const service = async (name: ServiceName, role: ServiceRole, own: Variables = {}) =>
      new ServiceProcess(
        name,
        await freePort(),
        {
          ...common,
          [CRASH_POINTS_VARIABLE]: crashOrder(folder, name),
          DATABASE_URL: await serviceUrl(database.url, role),
          ...own,
          ...variables[name],
        },
        join(folder, `${name}.log`),
      );
    return new Site(
      folder,
      database,
      nats,
      hub,
      new HubControlClient(hub.controlUrl),
      new ServiceClient(token),
      await service('marking-service', 'marking'),
      await service('transfer-service', 'transfer', {
        ...HASTE,
        MEDIA_ROOT: join(folder, 'media'),
        SECRET_REF_ROOT: join(folder, 'secrets'),
        STAGING_DIR: join(folder, 'staging'),
      }),
      await service('audit-service', 'audit'),
      profile,
      mediaFolder,
      authority,
    );
  }

  /** Prepared, running, ready, and with its nodes recorded. */
  static async start(options: SiteOptions = {}): Promise<Site> {
    const site = await Site.prepare(options);
    try {
      for (const service of site.services) service.start();
      for (const service of site.services) await site.ready(service);
      await site.recordNodes();
      return site;
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  get services(): readonly ServiceProcess[] {
    return [this.marking, this.transfer, this.audit];
  }

  /** Another transfer-service beside the first. */
  async anotherSender(): Promise<ServiceProcess> {
    const sender = this.transfer.beside(await freePort(), join(this.folder, `sender-${this.more.length + 2}.log`));
    this.more.push(sender);
    sender.start();
    return sender;
  }

  /** All transfer-services, the first one first. */
  get senders(): readonly ServiceProcess[] {
    return [this.transfer, ...this.more];
  }

  /** Lets one of this service's processes be killed, or stopped, when it passes a named point. */
  async orderCrash(
    name: ServiceName,
    point: string,
    { signal = 'SIGKILL', passing = 1 }: { readonly signal?: 'SIGKILL' | 'SIGSTOP'; readonly passing?: number } = {},
  ): Promise<void> {
    const file = crashOrder(this.folder, name);
    // Written aside and moved, since a process may look at any moment.
    await writeFile(`${file}.new`, `${point} ${signal} ${passing}`);
    await rename(`${file}.new`, file);
  }

  /** Takes the order back. True where it was still standing: nobody came by that point. */
  async withdrawCrash(name: ServiceName): Promise<boolean> {
    return unlink(crashOrder(this.folder, name)).then(
      () => true,
      () => false,
    );
  }

  /** Whether it is up, at this moment. */
  async isReady({ url }: ServiceProcess): Promise<boolean> {
    return fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(READY_ANSWER_MS) }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async ready(service: ServiceProcess): Promise<void> {
    await eventually(
      async () => {
        const response = await fetch(`${service.url}/health/ready`);
        if (response.status !== 200) throw new Error(await response.text());
        return true;
      },
      { what: `${service.name} ready`, withinMs: READY_LIMIT_MS },
    );
  }

  async recordNodes(): Promise<void> {
    await this.recordNode(NODE, this.siteNode());
    await this.recordHub();
  }

  /** Records the hub with these of its limits and at this address, and with the usual ones where they are left out. */
  async recordHub(limits: Partial<ReturnType<Site['hubNode']>['limits']> = {}, base_url = this.hub.url): Promise<void> {
    const hub = this.hubNode();
    await this.recordNode(HUB, { ...hub, base_url, limits: { ...hub.limits, ...limits } });
  }

  private async recordNode(key: string, node: unknown): Promise<void> {
    const sender = this.senders.find(({ isRunning }) => isRunning) ?? this.transfer;
    const { position } = (await this.client.done('PUT', `${sender.url}/v1/nodes/${key}`, node)) as { position: number };
    await this.client
      .done('GET', `${this.marking.url}/v1/resources?at_least=${position}&target_node_key=${HUB}`)
      .catch(() => undefined);
  }

  /** Puts media on disk and tells marking-service of it, as the site application does. */
  async report(kind: ResourceKind = 'report', size = 4096): Promise<SiteResource> {
    const resource = await this.resource(kind, size);
    await this.client.done('PUT', `${this.marking.url}/v1/resources/${kind}/${resource.hash}`, snapshotOf(resource));
    return resource;
  }

  /** Media on disk that nobody was told of yet. */
  async resource(kind: ResourceKind, size: number): Promise<SiteResource> {
    const media = Buffer.concat([
      Buffer.from(kind === 'report' ? '%PDF-1.4\n' : '\0\0\0\x20ftypisom'),
      randomBytes(size),
    ]);
    const mediaSha256 = createHash('sha256').update(media).digest('hex');
    const hash = createHash('sha256').update(randomUUID()).digest('hex');
    const mediaFile = join(this.folder, 'media', this.mediaFolder, `${mediaSha256}${suffixOf(kind)}`);
    await writeFile(mediaFile, media);
    const key = transferKey({ source_node_key: NODE, resource_kind: kind, resource_hash: hash });
    return {
      kind,
      hash,
      mediaSha256,
      mediaSize: media.length,
      mediaFile,
      locator: `file:${this.mediaFolder}/${mediaSha256}${suffixOf(kind)}`,
      transferKey: key,
      transferId: transferId(HUB, key),
    };
  }

  async mark(...resources: readonly SiteResource[]): Promise<void> {
    const references = resources.map(({ kind, hash }) => ({ resource_kind: kind, resource_hash: hash }));
    const answer = (await this.client.done('POST', `${this.marking.url}/v1/marks`, {
      resources: references,
    })) as Results;
    requireAll(answer, 'marked');
  }

  async queue(...resources: readonly SiteResource[]): Promise<void> {
    const transfer_ids = resources.map(({ transferId: id }) => id);
    const answer = (await this.client.done('POST', `${this.transfer.url}/v1/transfers/queue`, {
      transfer_ids,
    })) as Results;
    requireAll(answer, 'queued');
  }

  /** Waits until a transfer has a state; what the transfer-service then says of it. */
  async inState(
    resource: SiteResource,
    status: string,
    withinMs = 30_000,
    url = this.transfer.url,
  ): Promise<Record<string, unknown>> {
    return eventually(
      async () => {
        const answer = await this.client.call('GET', `${url}/v1/transfers/${resource.transferId}`);
        const row = answer.body as { status?: string; failure_code?: string } & Record<string, unknown>;
        if (row.status !== status) throw new Error(`${row.status} ${row.failure_code}`);
        return row;
      },
      { what: `${resource.transferKey.slice(0, 30)} ${status}`, withinMs },
    );
  }

  /** Media bodies that the hub took for good. */
  async acceptedBodies({ transferKey: transfer_key }: SiteResource): Promise<number> {
    const requests = await this.control.requests({ step: 'media', transfer_key });
    return requests.filter(({ commit }) => commit !== null).length;
  }

  siteNode() {
    return {
      role: 'site_node',
      display_name: 'Site A',
      is_active: true,
      owning_center_key: CENTER,
      center_scope: [CENTER],
      secret_ref: `file:${join(this.folder, 'secrets/node-secret')}`,
    };
  }

  hubNode() {
    return {
      role: 'central_hub',
      display_name: 'Hub',
      is_active: true,
      base_url: this.hub.url,
      profile: this.profile,
      tls: {
        client_cert_file: join(this.folder, 'secrets/client.crt'),
        client_key_file: join(this.folder, 'secrets/client.key'),
        ca_file: this.authority.caFile,
      },
      recipient_public_key_file: recipientKeyFile(this.folder),
      eligible_states: ['VALIDATED'],
      limits: {
        concurrency: 4,
        requests_per_second: 100,
        bandwidth_bytes_per_second: null as number | null,
        windows: [],
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.services, ...this.more].map((service) => service.close()));
    await this.hub.close();
    await this.nats.stop();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What a sender in a hurry waits less for, so that faults show themselves soon. */
const HASTE: Variables = {
  RETRY_BASE_MS: '100',
  RETRY_CAP_MS: '1000',
  LEASE_MS: '2000',
  SWEEP_INTERVAL_MS: '200',
  HUB_ANSWER_TIMEOUT_MS: '5000',
  HUB_BUSY_POLL_MS: '100',
  HUB_LEASE_MS: String(HUB_LEASE_MS),
};

interface Results {
  readonly results: readonly { readonly outcome: string; readonly code?: string }[];
}

function requireAll({ results }: Results, outcome: string): void {
  const other = results.find((result) => result.outcome !== outcome);
  if (other !== undefined) throw new Error(`Not ${outcome}: ${other.outcome} ${other.code ?? ''}`);
}

function crashOrder(folder: string, name: ServiceName): string {
  return join(folder, `crash-${name}`);
}

async function serviceUrl(databaseUrl: string, role: ServiceRole): Promise<string> {
  const owner = openPool({ url: databaseUrl, applicationName: 'proof', report: () => undefined });
  const name = `proof_${role}_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  try {
    await createServiceUser(owner, { role, name, password });
  } finally {
    await owner.end();
  }
  const url = new URL(databaseUrl);
  url.username = name;
  url.password = password;
  return url.href;
}
