import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServiceUser } from '@hub-export/event-store';
import { createDevSigner, createHttpEdge, type DevToken } from '@hub-export/http-edge';
import {
  type Bus,
  type BusMessage,
  busStreams,
  connectBus,
  type JetStreamServer,
  JetStreamEventBus,
} from '@hub-export/jetstream';
import { eventually, type FreshDatabase, freshDatabase, type FreshNats, freshNats } from '@hub-export/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import pg from 'pg';
import request, { type Response } from 'supertest';
import { createAuditApp } from '../app.server.js';
import { loadConfig } from '../config.js';
import type { Integrity } from '../integrity/integrity.js';
import { migrateAudit } from '../migrations/audit.migration.js';

const PASSWORD = 'only for tests';

/** A database with the audit's schema, and a login user with the rights of the service alone. */
export interface AuditDatabase extends FreshDatabase {
  /** The service's own address. */
  readonly serviceUrl: string;
  /** As the owner. */
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
}

export async function freshAuditDatabase(): Promise<AuditDatabase> {
  const database = await freshDatabase();
  await migrateAudit(database.url);
  const owner = new pg.Pool({ connectionString: database.url, max: 2 });
  owner.on('error', () => undefined);
  const name = `${new URL(database.url).pathname.slice(1)}_audit`;
  for (const role of ['marking', 'transfer', 'reader']) {
    // The user is taken out of the other services' roles, which must be there for that.
    await owner.query(`DO $$ BEGIN CREATE ROLE hub_export_${role} NOLOGIN;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  }
  await createServiceUser(owner, { role: 'audit', name, password: PASSWORD });
  return {
    url: database.url,
    serviceUrl: Object.assign(new URL(database.url), { username: name, password: PASSWORD }).href,
    query: async (sql, values) => (await owner.query(sql, values)).rows as never,
    async drop() {
      await owner.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
      await owner.end();
      await database.drop();
    },
  };
}

/** One process of the service, spoken to by HTTP and the bus. */
export interface Auditor {
  readonly app: NestExpressApplication;
  readonly ingest: JetStreamServer;
  /** What was logged so far. */
  logged(): readonly Record<string, unknown>[];
  /** By default somebody who audits all centers. */
  get(path: string, token?: Partial<DevToken>): Promise<Response>;
  integrity(): Promise<Integrity>;
  /** The header of such a token. */
  bearer(token?: Partial<DevToken>): Promise<string>;
  close(): Promise<void>;
}

/** Starts the service against a database and a bus, which need not be there. */
export async function startAuditor(
  database: Pick<AuditDatabase, 'serviceUrl'>,
  nats: Pick<FreshNats, 'url'>,
  variables: Readonly<Record<string, string>> = {},
): Promise<Auditor> {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'));
  const signer = await createDevSigner(folder);
  const config = loadConfig({
    NODE_ENV: 'test',
    AUTH_MODE: 'dev',
    AUTH_DEV_JWKS_FILE: signer.jwksFile,
    DATABASE_URL: database.serviceUrl,
    NATS_URL: nats.url,
    ...variables,
  });
  const lines: string[] = [];
  const edge = createHttpEdge({ ...config.edge, logDestination: { write: (line: string) => void lines.push(line) } });
  const { app, ingest } = await createAuditApp(config, edge);
  await app.init();
  await app.startAllMicroservices();
  const tokens = new Map<string, string>();
  const tokenOf = async (token: Partial<DevToken> = {}): Promise<string> => {
    const asked = JSON.stringify(token);
    const signed =
      tokens.get(asked) ??
      (await signer.sign({
        sub: 'auditor',
        roles: ['hub_export:audit', ...(token.centers === undefined ? (['center_scope:global_admin'] as const) : [])],
        ...token,
      }));
    tokens.set(asked, signed);
    return signed;
  };
  const get: Auditor['get'] = async (path, token) => {
    const signed = await tokenOf(token);
    return request(app.getHttpServer()).get(path).set('Authorization', `Bearer ${signed}`);
  };
  return {
    app,
    ingest,
    get,
    bearer: async (token) => `Bearer ${await tokenOf(token)}`,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    integrity: async () => (await get('/v1/audit/integrity')).body as Integrity,
    async close() {
      await app.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The relay's side of the bus. */
export interface Announcer {
  readonly bus: Bus;
  announce(messages: readonly BusMessage[]): Promise<void>;
  close(): Promise<void>;
}

export function announcer(nats: Pick<FreshNats, 'url'>): Announcer {
  const bus = connectBus({ servers: nats.url, name: 'announcer' });
  const events = new JetStreamEventBus(bus, busStreams().HUB_EXPORT);
  return {
    bus,
    /** Publishes what the bus does not have yet. */
    async announce(messages) {
      await eventually(
        async () => {
          const { sequence } = await events.lastSequence();
          const missing = messages.filter((message) => message.sequence > sequence);
          return missing.length === 0 || (await events.publish(missing)) === missing.length;
        },
        { what: 'everything is announced' },
      );
    },
    close: () => bus.close(),
  };
}

/** Everything the record and the views hold, as text: two that are equal hold the same bytes. */
export async function contentOf(database: AuditDatabase): Promise<Readonly<Record<string, string>>> {
  const tables = [
    'entries',
    'transfers',
    'transfer_actors',
    'actions',
    'resources',
    'progress',
    'tree_tiles',
    'checkpoints',
    'checkpoint_keys',
  ] as const;
  const content: Record<string, string> = {};
  for (const table of tables) {
    const rows = await database.query<{ line: string }>(`SELECT t::text AS line FROM audit.${table} t ORDER BY 1`);
    content[table] = rows.map(({ line }) => line).join('\n');
  }
  return content;
}

export { eventually, freshNats };
