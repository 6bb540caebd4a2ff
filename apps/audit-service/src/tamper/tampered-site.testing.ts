import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudEventText, type RecordedEvent } from '@hub-export/contracts';
import { migrateEventLog, openPool, PostgresEventStore } from '@hub-export/event-store';
import { postgresSources, type Query, type SiteReport, verifySite } from '@hub-export/record-verification';
import { ServiceDatabase } from '@hub-export/service-runtime';
import { ANCHOR_FILE, AnchorFile, readAnchorFile } from '@hub-export/transparency-log';
import pg from 'pg';
import { CheckpointMaker } from '../checkpoint/checkpoint-maker.service.js';
import { type Entry, entryOf } from '../entry/entry.js';
import { EntryService } from '../entry/entry.service.js';
import { ViewsProjection } from '../record/views.projection.js';
import { type AuditDatabase, freshAuditDatabase } from '../testing/audit.testing.js';
import { named, TestLog, tellFullLife } from '../testing/log.testing.js';
import { TreeService } from '../tree/tree.service.js';
import type { Chance } from './chance.js';

export const ORIGIN = 'hub-export/tampered-site';
const TABLES = [
  ...['log.events', 'log.commands'],
  ...[
    'audit.entries',
    'audit.findings',
    'audit.transfers',
    'audit.transfer_actors',
    'audit.actions',
    'audit.resources',
  ],
  ...['audit.tree_tiles', 'audit.checkpoints', 'audit.checkpoint_keys'],
];

/** What a site holds after a story. */
export interface Told {
  readonly entries: number;
  /** Sizes of its checkpoints. */
  readonly anchors: readonly number[];
}

/** A log and an audit in one real database, with their sink in a folder; emptied and told another story at will. */
export class TamperedSite {
  readonly otherKey = generateKeyPairSync('ed25519').privateKey;
  private readonly key = generateKeyPairSync('ed25519');
  private readonly store: PostgresEventStore;
  private readonly service: ServiceDatabase;

  private constructor(
    private readonly database: AuditDatabase,
    /** Of the owner; what it changes in a transaction is taken back with it. */
    readonly owner: pg.Client,
    private readonly pool: pg.Pool,
    readonly folder: string,
  ) {
    this.store = new PostgresEventStore(pool);
    const report = (): void => undefined;
    this.service = new ServiceDatabase({ url: database.serviceUrl, applicationName: 'tamper', pipeline: true, report });
  }

  static async open(): Promise<TamperedSite> {
    const database = await freshAuditDatabase();
    await migrateEventLog(database.url);
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    // Whoever owns the database can do this, and more.
    for (const table of TABLES) await owner.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
    const pool = openPool({ url: database.url, applicationName: 'tamper' });
    const site = new TamperedSite(database, owner, pool, await mkdtemp(join(tmpdir(), 'tampered-site-')));
    await site.service.onApplicationBootstrap();
    return site;
  }

  async close(): Promise<void> {
    await this.service.onApplicationShutdown();
    await this.pool.end();
    await this.owner.end();
    await this.database.drop();
    await rm(this.folder, { recursive: true });
  }

  /** Empties the site and tells it a story of chance: some lives, taken in by the audit as the bus brings them. */
  async tell(chance: Chance): Promise<Told> {
    await this.empty();
    const events = await this.append(await storyOf(chance));
    const entries = new EntryService(this.service, new ViewsProjection(), new TreeService());
    const maker = this.maker(chance.between(Math.floor(events.length / 5), Math.floor(events.length / 2)));
    const anchors: number[] = [];
    const told = events.map(toEntry);
    await entries.addAll(told);
    while (await entries.advance());
    for (;;) {
      const { size } = await this.service.transaction((tx) => maker.next(tx));
      if (size === null) break;
      anchors.push(size);
    }
    return { entries: events.length, anchors };
  }

  /** @param on the connection whose view of the database is verified. */
  verify(on: pg.Client = this.owner): Promise<SiteReport> {
    const query: Query = async <Row>(sql: string, values: readonly unknown[]) =>
      (await on.query(sql, [...values])).rows as readonly Row[];
    const anchors = (): ReturnType<typeof readAnchorFile> => readAnchorFile(this.sink);
    return verifySite({ ...postgresSources(query, query), anchors }, { keys: [this.publicKey], origin: ORIGIN });
  }

  get sink(): string {
    return join(this.folder, ANCHOR_FILE);
  }

  private get publicKey(): KeyObject {
    return this.key.publicKey;
  }

  private maker(everyEntries: number): CheckpointMaker {
    const signing = { origin: ORIGIN, privateKey: this.key.privateKey, retiredKeys: [] };
    const log = { info: nothing, warn: nothing, error: nothing, debug: nothing } as never;
    const rule = { everyEntries, everyMs: Number.MAX_SAFE_INTEGER };
    return new CheckpointMaker(signing, new TreeService(), new AnchorFile(this.folder), rule, log);
  }

  private async empty(): Promise<void> {
    await rm(this.sink, { force: true });
    await this.owner.query(`TRUNCATE ${TABLES.join(', ')}`);
    await this.owner.query(
      `UPDATE log.head SET global_seq = 0, hash = decode(repeat('00', 32), 'hex'), recorded_at = '-infinity'`,
    );
    await this.owner.query('UPDATE audit.progress SET contiguous_to = 0, seen_to = 0');
  }

  private async append(events: readonly RecordedEvent[]): Promise<readonly RecordedEvent[]> {
    await Promise.all(
      events.map(({ streamId, version, id, type, data, correlationId, causationId }) =>
        this.store.append({
          streamId,
          expectedVersion: version - 1,
          events: [{ id, type, data: data }],
          command: { key: id, digest: id },
          correlationId,
          causationId,
        }),
      ),
    );
    return this.store.readAll(0, events.length);
  }
}

async function storyOf(chance: Chance): Promise<readonly RecordedEvent[]> {
  const log = new TestLog();
  const lives = chance.of([1, 2, 2, 3, 3, 4, 5, 12]);
  for (let life = 0; life < lives; life += 1) {
    await tellFullLife(log, named(chance.between(0, 9).toString(), chance.of(['center-a', 'center-b']), `hub-${life}`));
  }
  const events = await log.events();
  return events.slice(0, chance.between(Math.max(20, events.length - 20), events.length));
}

function toEntry(event: RecordedEvent): Entry {
  const entry = entryOf(new TextEncoder().encode(cloudEventText(event)), event.globalSeq);
  if ('fault' in entry) throw new Error(`The log's entry is none: ${entry.fault}.`);
  return entry;
}

function nothing(): void {}
