import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FrozenIntent,
  type NodeFacts,
  type NodeRecorded,
  nodeStream,
  type TransferEvent,
  transferStream,
} from '@hub-export/contracts';
import { Secret } from '@hub-export/environment';
import {
  createServiceUser,
  type DomainEvent,
  type EventStore,
  openPool,
  PostgresEventStore,
} from '@hub-export/event-store';
import { createDevSigner, createHttpEdge, type DevSigner, type DevToken } from '@hub-export/http-edge';
import { type FreshDatabase, freshDatabase } from '@hub-export/testing';
import pg from 'pg';
import supertest from 'supertest';
import { createMarkingApp, type MarkingApp } from '../app.server.js';
import type { Config } from '../config.js';
import { migrateMarking } from '../migrations/marking.migration.js';

const ROLES = ['marking', 'transfer'] as const;

/** Nobody listens there: the service must work without the bus. */
export const NO_BUS = 'nats://127.0.0.1:9';

/** A database of a spec's own, migrated, with a user for each service. */
export class TestSite {
  private readonly closers: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly database: FreshDatabase,
    readonly signer: DevSigner,
    readonly owner: pg.Client,
    /** The log as transfer-service may write it. */
    readonly transferLog: EventStore,
  ) {}

  static async open(): Promise<TestSite> {
    const folder = await mkdtemp(join(tmpdir(), 'hub-export-marking-'));
    const [database, signer] = await Promise.all([freshDatabase(), createDevSigner(folder)]);
    await migrateMarking(database.url);
    const owner = new pg.Client({ connectionString: database.url });
    // Dropping the database ends this session too.
    owner.on('error', () => undefined);
    await owner.connect();
    for (const role of ROLES) await createServiceUser(owner, { role, name: userOf(database, role), password: 'test' });
    const pool = openPool({ url: urlAs(database.url, userOf(database, 'transfer')), applicationName: 'test transfer' });
    const site = new TestSite(database, signer, owner, new PostgresEventStore(pool));
    site.closers.push(
      () => pool.end(),
      () => owner.query(`DROP ROLE ${ROLES.map((role) => userOf(database, role)).join(', ')}`),
      () => database.drop(),
      () => owner.end().catch(() => undefined),
      () => rm(folder, { recursive: true }),
    );
    return site;
  }

  /** A service on this database, or on another server and database by the same user. */
  async service({
    natsUrl = NO_BUS,
    on = this.database.url,
    showsFileNames = false,
  }: { natsUrl?: string; on?: string; showsFileNames?: boolean } = {}): Promise<TestService> {
    const lines: string[] = [];
    const config: Config = {
      edge: {
        service: 'marking-service',
        version: '0.0.0',
        production: false,
        auth: { mode: 'dev', jwksFile: this.signer.jwksFile },
        logLevel: 'debug',
        bodyBytesMax: 1_048_576,
        writesPerMinute: 100_000,
        logDestination: { write: (line: string) => void lines.push(line) },
      },
      host: '127.0.0.1',
      port: 0,
      databaseUrl: new Secret(urlAs(on, userOf(this.database, 'marking'))),
      bus: { url: natsUrl, credentialsFile: null, replicas: 1 },
      localCleanupPolicy: 'retain_processed_media',
      kAnonymityMin: 5,
      showsFileNames,
    };
    const made = await createMarkingApp(config, createHttpEdge(config.edge));
    await made.app.startAllMicroservices();
    await made.app.listen(0, '127.0.0.1');
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      // Where there is no bus, nobody need wait for it any longer.
      if (natsUrl === NO_BUS) await made.bus.close();
      await made.app.close();
    };
    this.closers.unshift(close);
    return new TestService(made, this.signer, lines, close);
  }

  /** Records the one site node and a hub, as transfer-service does. */
  async recordNodes({ hubs = ['hub'], centers = ['center-a', 'center-b'] } = {}): Promise<number> {
    const last = await this.recordNode(siteNode(centers));
    let position = last;
    for (const key of hubs) position = await this.recordNode(hubNode(key));
    return position;
  }

  async recordNode(facts: NodeFacts): Promise<number> {
    const recorded: NodeRecorded = { type: 'NodeRecorded', at: AT, by: OPERATIONS, ...facts };
    return this.append(nodeStream(facts.node_key), recorded);
  }

  /** Appends as transfer-service. */
  async append(streamId: string, event: DomainEvent, store = this.transferLog): Promise<number> {
    const { type, ...data } = event;
    const history = await store.readStream(streamId);
    const result = await store.append({
      streamId,
      expectedVersion: history.length,
      events: [{ id: randomUUID(), type, data }],
      command: { key: randomUUID(), digest: 'test' },
      correlationId: 'test',
      causationId: null,
    });
    if (result.outcome !== 'appended') throw new Error(`The test could not append: ${result.outcome}.`);
    return result.position;
  }

  async appendTransfer(transferId: string, event: TransferEvent): Promise<number> {
    return this.append(transferStream(transferId), event);
  }

  async rows<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.owner.query(sql, [...values])).rows as Row[];
  }

  async close(): Promise<void> {
    for (const closer of this.closers) await closer();
  }
}

/** One instance of the service, and what may be asked of it. */
export class TestService {
  constructor(
    readonly made: MarkingApp,
    private readonly signer: DevSigner,
    /** Its log, line by line. */
    readonly lines: readonly string[],
    readonly close: () => Promise<void>,
  ) {}

  async as(token: Partial<DevToken> = {}): Promise<Caller> {
    const roles = token.roles ?? ['hub_export:write', 'hub_export:site'];
    const signed = await this.signer.sign({ sub: 'alice', centers: ['center-a', 'center-b'], ...token, roles });
    return new Caller(this.made, signed);
  }
}

/** Bodies are looked at member by member, and a missing one fails its test. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what an answer holds is what is tested
interface Answer<Body = any> {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
}

/** A signed-in caller. */
export class Caller {
  constructor(
    private readonly made: MarkingApp,
    private readonly token: string,
  ) {}

  async get(path: string): Promise<Answer> {
    return this.with(supertest(this.made.app.getHttpServer()).get(path));
  }

  async put(path: string, body: object): Promise<Answer> {
    return this.with(supertest(this.made.app.getHttpServer()).put(path)).send(body);
  }

  async delete(path: string): Promise<Answer> {
    return this.with(supertest(this.made.app.getHttpServer()).delete(path));
  }

  async post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.with(supertest(this.made.app.getHttpServer()).post(path)).set(headers).send(body);
  }

  private with(request: supertest.Test): supertest.Test {
    return request.set('Authorization', `Bearer ${this.token}`);
  }
}

export const AT = '2026-11-02T08:00:00.000Z';
export const OPERATIONS = { kind: 'user', subject: 'operations', name: null } as const;

export function siteNode(centers: readonly string[] = ['center-a', 'center-b'], node_key = 'site-a', is_active = true) {
  return {
    node_key,
    role: 'site_node' as const,
    display_name: 'Site A',
    is_active,
    owning_center_key: 'center-a',
    center_scope: centers,
    base_url: null,
    profile: null,
    eligible_states: [],
    document_digest: sha256(JSON.stringify([node_key, centers, is_active])),
  };
}

export function hubNode(node_key = 'hub', is_active = true) {
  return {
    node_key,
    role: 'central_hub' as const,
    display_name: `Hub ${node_key}`,
    is_active,
    owning_center_key: null,
    center_scope: [],
    base_url: 'https://hub.example/',
    profile: 'endoreg-3.0' as const,
    eligible_states: ['VALIDATED' as const],
    document_digest: sha256(JSON.stringify([node_key, is_active])),
  };
}

/** The hash of the n-th resource of a spec. */
export function hashOf(number: number | string): string {
  return sha256(`resource ${number}`);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A report that the hub takes, with whatever is said otherwise. */
export function reportSnapshot(number: number | string, otherwise: object = {}) {
  const resource_hash = hashOf(number);
  const media = sha256(`media ${number}`);
  return {
    source_version: 1,
    local_id: typeof number === 'number' ? number : null,
    center_key: 'center-a',
    center_name: 'Center A',
    anonymization_state: 'VALIDATED',
    processed_media: {
      present: true,
      sha256: media,
      size: 4_096,
      suffix: '.pdf',
      locator: 'file:processed/report.pdf',
    },
    segment_status: null,
    ready_for_export: true,
    rows: {
      raw_pdf_file: { pdf_hash: resource_hash, anonymized_text: 'An anonymized text.' },
      raw_pdf_state: { anonymized: true, anonymization_validated: true, processed_file_sha256: media },
      sensitive_meta: { patient_hash: sha256(`patient ${number}`), examination_hash: sha256(`examination ${number}`) },
    },
    privacy: { exam_year: 2025, age_band: '60-69', gender: 'female' },
    created_at: '2026-11-01T10:00:00Z',
    ...otherwise,
  };
}

export function frozen(media_sha256: string): FrozenIntent {
  return {
    profile: 'endoreg-3.0',
    payload_digest: sha256('payload'),
    snapshot_digest: sha256('snapshot'),
    media_sha256,
    media_size: 4_096,
    resource_version: 1,
  };
}

/** A whole life up to the hub's acknowledgement, as transfer-service records it. */
export async function complete(site: TestSite, transferId: string, number: number): Promise<number> {
  const media_sha256 = sha256(`media ${number}`);
  const report = {
    at: AT,
    by: { kind: 'system', reason: 'sender' } as const,
    attempt: 1,
    attempt_id: '6f1f8a52-4a43-4b7e-9d3b-0d6a4a1c7a10',
    lease_token: 1,
  };
  const eligibility = { eligible: true, resource_version: 1 };
  await site.appendTransfer(transferId, {
    type: 'TransferQueued',
    at: AT,
    by: OPERATIONS,
    reason: 'operator',
    frozen: frozen(media_sha256),
  });
  await site.appendTransfer(transferId, {
    type: 'RegistrationStarted',
    ...report,
    payload_digest: sha256('payload'),
    eligibility,
  });
  await site.appendTransfer(transferId, {
    type: 'RegistrationAccepted',
    ...report,
    hub_transfer_id: 'remote-1',
    hub_status: 'awaiting_media',
    processing_decision: 'none',
  });
  await site.appendTransfer(transferId, {
    type: 'UploadStarted',
    ...report,
    media_sha256,
    media_size: 4_096,
    eligibility,
  });
  return site.appendTransfer(transferId, {
    type: 'TransferCompleted',
    ...report,
    acknowledgement: { hub_transfer_id: 'remote-1' } as never,
    acknowledgement_digest: sha256('acknowledgement'),
    bytes_sent: 4_096,
  });
}

/** Users belong to the whole server, so each spec has its own. */
function userOf(database: FreshDatabase, role: (typeof ROLES)[number]): string {
  return `${new URL(database.url).pathname.slice(1)}_${role}`;
}

function urlAs(url: string, user: string): string {
  const own = new URL(url);
  own.username = user;
  own.password = 'test';
  return own.href;
}
