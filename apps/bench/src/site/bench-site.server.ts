import { type HubProfile, type JsonValue, nodeFacts, nodeStream, type NodeDocument } from '@hub-export/contracts';
import { PostgresDocumentStore, PostgresEventStore } from '@hub-export/event-store';
import { createDevSigner } from '@hub-export/http-edge';
import { ensureAuthority, freePort, type NatsServer } from '@hub-export/local-servers';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { Workbench } from '../run/workbench.server.js';
import { type BenchLog, logIn } from '../store/log.server.js';
import { type HubProcess, startHub } from './hub.process.js';
import { CENTER, HUB, SITE } from './names.js';
import { ServiceClient } from './service.client.js';
import { migrate, type ServiceName, type ServiceProcess, startService, type Variables } from './service.process.js';

const ROLES = { 'marking-service': 'marking', 'transfer-service': 'transfer', 'audit-service': 'audit' } as const;

const SETTLE_LIMIT_MS = 300_000;

/** How much the bus holds of the log. */
export interface BusState {
  readonly last_seq: number;
  readonly messages: number;
  /** On disk. */
  readonly bytes: number;
}

/** What matters here of nats-server's `/jsz`. */
interface BusPage {
  readonly account_details?: readonly {
    readonly stream_detail?: readonly { readonly name: string; readonly state: BusState }[];
  }[];
}

/** Of a site that never reaches its hub. */
const NO_HUB_URL = 'https://127.0.0.1:1/';

/** A site as operations run it, on the workbench: its log, its bus, its processes, and a hub where it sends. */
export class BenchSite {
  private constructor(
    private readonly workbench: Workbench,
    readonly folder: string,
    readonly log: BenchLog,
    readonly events: PostgresEventStore,
    readonly documents: PostgresDocumentStore,
    readonly nats: NatsServer,
    readonly client: ServiceClient,
    readonly hub: HubProcess | null,
    readonly caFile: string,
    private readonly variables: Variables,
  ) {}

  /** Everything is there, migrated, and the nodes are recorded; no service runs yet. */
  static async prepare(
    workbench: Workbench,
    profile: HubProfile | null = null,
    { syncAlways = true }: { readonly syncAlways?: boolean } = {},
  ): Promise<BenchSite> {
    const folder = await workbench.folder();
    await mkdir(join(folder, 'media/processed'), { recursive: true });
    const [log, nats, signer, authority] = [
      logIn(workbench, await workbench.database('with all schemas', migrateAll)),
      await workbench.nats({ syncAlways }),
      await createDevSigner(join(folder, 'signer')),
      await ensureAuthority(join(folder, 'ca')),
    ];
    await authority.issue({
      commonName: SITE,
      client: true,
      keyFile: join(folder, 'client.key'),
      certFile: join(folder, 'client.crt'),
    });
    const hub = profile === null ? null : await startHub(workbench, authority, folder, profile);
    await writeFile(join(folder, 'node-secret'), hub?.secret ?? 'nobody asks for this secret', { mode: 0o600 });
    const token = await signer.sign({ ...OPERATOR, lifetimeSeconds: 7_200 });
    const client = new ServiceClient(token);
    workbench.atEnd(() => client.close());
    const pool = await log.pool('transfer');
    const site = new BenchSite(
      workbench,
      folder,
      log,
      new PostgresEventStore(pool),
      new PostgresDocumentStore(pool),
      nats,
      client,
      hub,
      authority.caFile,
      { NODE_ENV: 'development', AUTH_MODE: 'dev', AUTH_DEV_JWKS_FILE: signer.jwksFile, NATS_URL: nats.url },
    );
    await site.recordNode(SITE, site.siteNode());
    await site.recordNode(HUB, site.hubNode(authority.caFile));
    return site;
  }

  /** Another process of this service, beside those that run. */
  async start(name: ServiceName, own: Variables = {}): Promise<ServiceProcess> {
    const service = await startService(
      name,
      await freePort(),
      { ...this.variables, DATABASE_URL: await this.log.urlOf(ROLES[name]), ...(await this.own(name)), ...own },
      join(this.folder, `${name}.log`),
      this.workbench.profiles,
    );
    this.workbench.atEnd(() => service.stop());
    return service;
  }

  /** Waits until views and bus have caught up with the log: until then the services have other work to do. */
  settled(): Promise<void> {
    return this.caughtUp('Views and bus do', async (end, pool) => {
      const { rows } = await pool.query<{ viewed: string | null }>(
        'SELECT min(position) AS viewed FROM log.checkpoints',
      );
      return Number(rows[0]?.viewed ?? 0) === end && ((await this.busState())?.last_seq ?? 0) >= end;
    });
  }

  /** Waits until the bus holds the whole log. */
  published(): Promise<void> {
    return this.caughtUp('The bus does', async (end) => ((await this.busState())?.last_seq ?? 0) >= end);
  }

  /** Waits until the audit's views hold the whole log. */
  audited(): Promise<void> {
    return this.caughtUp('The audit does', async (end, pool) => {
      const { rows } = await pool.query<{ at: string }>('SELECT contiguous_to AS at FROM audit.progress');
      return Number(rows[0]?.at) >= end;
    });
  }

  private async caughtUp(who: string, isThere: (end: number, pool: pg.Pool) => Promise<boolean>): Promise<void> {
    const pool = this.log.rawPool(1);
    const deadline = performance.now() + SETTLE_LIMIT_MS;
    for (;;) {
      const { rows } = await pool.query<{ end: string }>('SELECT global_seq AS end FROM log.head');
      if (await isThere(Number(rows[0]?.end), pool)) return;
      if (performance.now() > deadline) throw new Error(`${who} not catch up with the log.`);
      await wait(50);
    }
  }

  /** What the bus holds, as its own page tells; undefined before its stream is made. */
  async busState(): Promise<BusState | undefined> {
    const answer = await fetch(`${this.nats.monitorUrl}/jsz?streams=true`);
    const { account_details = [] } = (await answer.json()) as BusPage;
    const streams = account_details.flatMap(({ stream_detail = [] }) => stream_detail);
    return streams.find(({ name }) => name === 'HUB_EXPORT')?.state;
  }

  private async own(name: ServiceName): Promise<Variables> {
    if (name !== 'transfer-service') return {};
    const { folder } = this;
    return { MEDIA_ROOT: join(folder, 'media'), SECRET_REF_ROOT: folder, STAGING_DIR: join(folder, 'staging') };
  }

  private async recordNode(key: string, document: NodeDocument): Promise<void> {
    await this.documents.put(document as unknown as JsonValue);
    const { outcome } = await this.events.append({
      streamId: nodeStream(key),
      expectedVersion: 0,
      events: [
        {
          id: randomUUID(),
          type: 'NodeRecorded',
          data: { ...nodeFacts(key, document), at: new Date().toISOString(), by: { kind: 'system', reason: 'bench' } },
        },
      ],
      command: { key: `record-${key}`, digest: 'bench' },
      correlationId: 'bench',
      causationId: null,
    });
    if (outcome !== 'appended') throw new Error(`The node ${key} is not recorded: ${outcome}.`);
  }

  private siteNode(): NodeDocument {
    return {
      role: 'site_node',
      display_name: 'Site A',
      is_active: true,
      owning_center_key: CENTER,
      center_scope: [CENTER],
      secret_ref: `file:${join(this.folder, 'node-secret')}`,
    };
  }

  private hubNode(caFile: string): NodeDocument {
    return {
      role: 'central_hub',
      display_name: 'Hub',
      is_active: true,
      base_url: this.hub?.url ?? NO_HUB_URL,
      profile: this.hub?.profile ?? 'endoreg-3.0',
      tls: {
        client_cert_file: join(this.folder, 'client.crt'),
        client_key_file: join(this.folder, 'client.key'),
        ca_file: caFile,
      },
      recipient_public_key_file: this.hub?.recipientKeyFile ?? null,
      eligible_states: ['VALIDATED'],
      limits: { concurrency: 64, requests_per_second: 1000, bandwidth_bytes_per_second: null, windows: [] },
    };
  }
}

/** As a deployment does it, each service's own migration. */
async function migrateAll(ownerUrl: string): Promise<void> {
  for (const name of Object.keys(ROLES) as ServiceName[]) await migrate(name, ownerUrl);
}

const OPERATOR = {
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
} as const;
