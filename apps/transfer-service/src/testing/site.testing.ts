import {
  type HubProfile,
  type JsonObject,
  type JsonValue,
  type LocalCleanupPolicy,
  type ResourceKind,
  resourceFacts,
  resourceStream,
  sampleSnapshot,
  type ResourceSnapshot,
  transferId,
  transferKey,
  transferStream,
  userActor,
} from '@hub-export/contracts';
import {
  createServiceUser,
  handle,
  migrateEventLog,
  openPool,
  PostgresDocumentStore,
  PostgresEventStore,
} from '@hub-export/event-store';
import { createDevSigner, createHttpEdge, type DevSigner, type Role } from '@hub-export/http-edge';
import { HubControlClient, type RunningHub, startHubSimulator } from '@hub-export/hub-simulator';
import { connectBus } from '@hub-export/jetstream';
import { ensureAuthority, type LocalAuthority } from '@hub-export/local-servers';
import { type FreshDatabase, freshDatabase, type FreshNats, freshNats } from '@hub-export/testing';
import { type Eligibility, resourceDecider, transferDecider } from '@hub-export/transfer-life';
import { migrateSchema } from '@hub-export/service-runtime';
import { jetstreamManager } from '@nats-io/jetstream';
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { createTransferApp, type TransferApp } from '../app.server.js';
import type { Clock } from '../clock.js';
import { loadConfig } from '../config.js';
import { Overview1790000002001 } from '../migrations/0001-overview.migration.js';

const SECRET = 'correct horse battery staple';
const CENTER = 'center-a';

/** A resource that was reported, with its media on disk. */
export interface Reported {
  readonly kind: ResourceKind;
  readonly hash: string;
  readonly mediaFile: string;
  readonly mediaSha256: string;
  readonly mediaSize: number;
  readonly transferId: string;
  readonly transferKey: string;
}

/**
 * A site with real parts around the transfer-service: PostgreSQL, NATS, media on disk, and a hub over mutual TLS. What
 * the marking-service would append is appended here by its role.
 */
export class TestSite {
  private readonly apps: TransferApp[] = [];

  private constructor(
    readonly folder: string,
    readonly database: FreshDatabase,
    readonly nats: FreshNats,
    readonly hub: RunningHub,
    readonly control: HubControlClient,
    readonly signer: DevSigner,
    readonly authority: LocalAuthority,
    readonly events: PostgresEventStore,
    readonly documents: PostgresDocumentStore,
    private readonly pool: pg.Pool,
    /** The database as the transfer-service's login user reaches it. */
    readonly transferUrl: string,
    private readonly profile: HubProfile,
  ) {}

  static async start(profile: HubProfile = 'endoreg-3.0'): Promise<TestSite> {
    const folder = await mkdtemp(join(tmpdir(), 'hub-export-transfer-'));
    await mkdir(join(folder, 'media/processed'), { recursive: true });
    const [database, nats, signer, authority] = await Promise.all([
      freshDatabase(),
      freshNats(),
      createDevSigner(join(folder, 'signer')),
      ensureAuthority(join(folder, 'ca')),
    ]);
    await migrateEventLog(database.url);
    await migrateSchema({ ownerUrl: database.url, schema: 'transfer', migrations: [Overview1790000002001] });
    const marking = await serviceUrl(database.url, 'marking');
    const transferUrl = await serviceUrl(database.url, 'transfer');
    const pool = openPool({ url: marking, applicationName: 'test', report: () => undefined });
    const recipient = TestSite.recipient();
    await writeFile(join(folder, 'recipient.pem'), recipient.publicPem);
    const hub = await startHub(folder, authority, profile, recipient.privatePem);
    await writeFile(join(folder, 'node-secret'), SECRET, { mode: 0o600 });
    await authority.issue({
      commonName: 'site-a',
      client: true,
      keyFile: join(folder, 'client.key'),
      certFile: join(folder, 'client.crt'),
    });
    return new TestSite(
      folder,
      database,
      nats,
      hub,
      new HubControlClient(hub.controlUrl),
      signer,
      authority,
      new PostgresEventStore(pool),
      new PostgresDocumentStore(pool),
      pool,
      transferUrl,
      profile,
    );
  }

  /** One more transfer-service process's worth, in this process. */
  async app(
    environment: Record<string, string> = {},
    { clock, logDestination }: { readonly clock?: Clock; readonly logDestination?: { write(line: string): void } } = {},
  ): Promise<TransferApp> {
    const config = loadConfig({
      NODE_ENV: 'test',
      AUTH_MODE: 'dev',
      AUTH_DEV_JWKS_FILE: this.signer.jwksFile,
      DATABASE_URL: this.transferUrl,
      NATS_URL: this.nats.url,
      MEDIA_ROOT: join(this.folder, 'media'),
      SECRET_REF_ROOT: this.folder,
      HUB_HOSTS: '169.254.169.254',
      STAGING_DIR: this.stagingDir,
      LOG_LEVEL: 'silent',
      RETRY_BASE_MS: '50',
      RETRY_CAP_MS: '200',
      LEASE_MS: '2000',
      SWEEP_INTERVAL_MS: '100',
      HUB_ANSWER_TIMEOUT_MS: '2000',
      HUB_BUSY_POLL_MS: '50',
      HUB_LEASE_MS: '2000',
      ...environment,
    });
    const edge = createHttpEdge({ ...config.edge, ...(logDestination && { logDestination }) });
    const app = await createTransferApp(config, edge, { environment: {}, ...(clock && { clock }) });
    await app.app.startAllMicroservices();
    await app.app.init();
    this.apps.push(app);
    return app;
  }

  /** A session of the database's owner, for what no service may do. */
  async asOwner(sql: string, values: readonly unknown[] = []): Promise<void> {
    const owner = openPool({ url: this.database.url, applicationName: 'test owner', report: () => undefined });
    try {
      await owner.query(sql, [...values]);
    } finally {
      await owner.end();
    }
  }

  /** Keeps the view from moving on meanwhile, in any process, as a long rebuild does. */
  async whileViewStands<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    const owner = openPool({ url: this.database.url, applicationName: 'test owner', report: () => undefined });
    const client = await owner.connect();
    try {
      await client.query('BEGIN');
      await client.query(`SELECT FROM log.checkpoints WHERE name = 'transfer.overview' FOR UPDATE`);
      return await act();
    } finally {
      await client.query('ROLLBACK');
      client.release();
      await owner.end();
    }
  }

  /** Everything that lies on the bus now, in its order; the sequence on the bus stands before each. */
  async onBus(): Promise<readonly { readonly sequence: number; readonly text: string }[]> {
    const bus = connectBus({ servers: this.nats.url, name: 'test' });
    try {
      const manager = await jetstreamManager(await bus.connection());
      const { state } = await manager.streams.info('HUB_EXPORT');
      const messages: { sequence: number; text: string }[] = [];
      for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq += 1) {
        const message = await manager.streams.getMessage('HUB_EXPORT', { seq });
        messages.push({ sequence: seq, text: message?.string() ?? '' });
      }
      return messages;
    } finally {
      await bus.close();
    }
  }

  async token(...roles: readonly Role[]): Promise<string> {
    return this.tokenOf('alice', [CENTER], ...roles);
  }

  async tokenOf(sub: string, centers: readonly string[], ...roles: readonly Role[]): Promise<string> {
    return this.signer.sign({ sub, name: 'Alice', roles, centers, lifetimeSeconds: 600 });
  }

  get stagingDir(): string {
    return join(this.folder, 'staging');
  }

  /** The public key that the hub node names. */
  get recipientKeyFile(): string {
    return join(this.folder, 'recipient.pem');
  }

  /** Another recipient for sealed media: the public half for the sender's file, the private half for the hub. */
  static recipient(): { readonly publicPem: string; readonly privatePem: string } {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    return {
      publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    };
  }

  siteNode(): JsonObject {
    return {
      role: 'site_node',
      display_name: 'Site A',
      is_active: true,
      owning_center_key: CENTER,
      center_scope: [CENTER],
      secret_ref: `file:${join(this.folder, 'node-secret')}`,
    };
  }

  hubNode(changed: JsonObject = {}): JsonObject {
    return {
      role: 'central_hub',
      display_name: 'Hub',
      is_active: true,
      base_url: this.hub.url,
      profile: this.profile,
      tls: {
        client_cert_file: join(this.folder, 'client.crt'),
        client_key_file: join(this.folder, 'client.key'),
        ca_file: this.authority.caFile,
      },
      recipient_public_key_file: this.recipientKeyFile,
      eligible_states: ['VALIDATED'],
      limits: { concurrency: 4, requests_per_second: 1000, bandwidth_bytes_per_second: null, windows: [] },
      ...changed,
    };
  }

  /** Media on disk, and the site's word of it. */
  async report(
    kind: ResourceKind = 'report',
    size = 4096,
    change: (snapshot: ResourceSnapshot) => ResourceSnapshot = same,
  ): Promise<Reported> {
    const media = Buffer.concat([
      Buffer.from(kind === 'report' ? '%PDF-1.4\n' : '\0\0\0\x20ftypisom'),
      randomBytes(size),
    ]);
    const mediaSha256 = createHash('sha256').update(media).digest('hex');
    const hash = createHash('sha256').update(randomUUID()).digest('hex');
    const name = `${mediaSha256}${kind === 'report' ? '.pdf' : '.mp4'}`;
    const mediaFile = join(this.folder, 'media/processed', name);
    await writeFile(mediaFile, media);
    const key = transferKey({ source_node_key: 'site-a', resource_kind: kind, resource_hash: hash });
    const resource = {
      kind,
      hash,
      mediaFile,
      mediaSha256,
      mediaSize: media.length,
      transferKey: key,
      transferId: transferId('hub', key),
    };
    await this.tell(resource, 1, change);
    return resource;
  }

  /** Another snapshot of a resource. */
  async tell(
    resource: Reported,
    sourceVersion: number,
    change: (snapshot: ResourceSnapshot) => ResourceSnapshot = same,
  ): Promise<void> {
    const snapshot = change(snapshotOf(resource, sourceVersion));
    await this.documents.put(snapshot as unknown as JsonValue);
    const identity = { source_node_key: 'site-a', resource_kind: resource.kind, resource_hash: resource.hash };
    const facts = resourceFacts(snapshot, identity);
    const at = new Date().toISOString();
    const command = { type: 'ReportResource', facts, at, by: userActor('site', null) } as const;
    await handle(this.events, resourceDecider, resourceStream(resource.kind, resource.hash), command, order());
  }

  async mark(resource: Reported, local_cleanup_policy: LocalCleanupPolicy = 'retain_processed_media'): Promise<void> {
    const eligibility: Eligibility = { eligible: true, resourceVersion: 1 };
    const intent = {
      transfer_id: resource.transferId,
      transfer_key: resource.transferKey,
      source_node_key: 'site-a',
      source_center_key: CENTER,
      target_node_key: 'hub',
      resource_kind: resource.kind,
      resource_hash: resource.hash,
      local_cleanup_policy,
    } as const;
    const command = {
      type: 'MarkResource',
      at: new Date().toISOString(),
      by: userActor('alice', 'Alice'),
      intent,
      eligibility,
    } as const;
    await handle(this.events, transferDecider, transferStream(resource.transferId), command, order());
  }

  async unmark(resource: Reported): Promise<void> {
    const command = { type: 'UnmarkResource', at: new Date().toISOString(), by: userActor('alice', 'Alice') } as const;
    await handle(this.events, transferDecider, transferStream(resource.transferId), command, order());
  }

  /** The facts of a transfer, in order. */
  facts(resource: Reported) {
    return this.events.readStream(transferStream(resource.transferId));
  }

  /** The types of the facts of a transfer, in order. */
  async life(resource: Reported): Promise<readonly string[]> {
    return (await this.facts(resource)).map(({ type }) => type);
  }

  async close(): Promise<void> {
    for (const app of this.apps.splice(0)) await app.close();
    await this.hub.close();
    await this.pool.end();
    await this.nats.stop();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const same = (snapshot: ResourceSnapshot): ResourceSnapshot => snapshot;

function order() {
  return { key: randomUUID(), correlationId: randomUUID(), causationId: null };
}

function snapshotOf(resource: Reported, source_version: number): ResourceSnapshot {
  const text = JSON.stringify(sampleSnapshot(resource.kind))
    .replaceAll('a'.repeat(64), resource.hash)
    .replaceAll('b'.repeat(64), resource.mediaSha256);
  const sample = JSON.parse(text) as ResourceSnapshot;
  // A segment belongs to one video; the hub refuses its id for another.
  const segments = sample.rows.video_segments?.map((segment, n) => ({
    ...segment,
    source_segment_id: `${resource.hash.slice(0, 12)}-${n}`,
  }));
  const rows = segments ? { ...sample.rows, video_segments: segments } : sample.rows;
  const name = `${resource.mediaSha256}${resource.kind === 'report' ? '.pdf' : '.mp4'}`;
  return {
    ...sample,
    rows,
    source_version,
    processed_media: { ...sample.processed_media, size: resource.mediaSize, locator: `file:processed/${name}` },
  };
}

async function serviceUrl(databaseUrl: string, role: 'marking' | 'transfer'): Promise<string> {
  const owner = openPool({ url: databaseUrl, applicationName: 'test', report: () => undefined });
  const name = `test_${role}_${randomBytes(4).toString('hex')}`;
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

async function startHub(
  folder: string,
  authority: LocalAuthority,
  profile: HubProfile,
  recipientPrivateKey: string,
): Promise<RunningHub> {
  const keyFile = join(folder, 'hub.key');
  const certFile = join(folder, 'hub.crt');
  await authority.issue({ commonName: 'hub', hosts: ['127.0.0.1', 'localhost'], keyFile, certFile });
  const [cert, key, clientCa] = await Promise.all(
    [certFile, keyFile, authority.caFile].map((file) => readFile(file, 'utf8')),
  );
  return startHubSimulator({
    host: '127.0.0.1',
    port: 0,
    controlPort: 0,
    tls: { cert: cert ?? '', key: key ?? '', clientCa: clientCa ?? '' },
    clientCertificates: 'optional',
    dataDir: join(folder, 'hub'),
    profile,
    network: {
      centers: [CENTER],
      nodes: [
        { node_key: 'hub', role: 'central_hub', is_active: true, owning_center_key: null },
        { node_key: 'site-a', role: 'site_node', is_active: true, owning_center_key: CENTER, secret: SECRET },
      ],
      models: [{ name: 'segmenter', version: '4', labels: ['outside', 'polyp'] }],
    },
    maxUploadBytes: 1 << 30,
    leaseMs: 60_000,
    featureEnabled: true,
    recipientPrivateKeys: [recipientPrivateKey],
  });
}
