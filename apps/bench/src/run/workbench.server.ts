import { type NatsServer, type PostgresServer, startNats, startPostgres } from '@hub-export/local-servers';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Prepared, Scale } from './row.js';

/** One row of the table. */
export interface Row {
  readonly name: string;
  /** Makes ready what the row needs on this workbench. */
  prepare(workbench: Workbench): Promise<Prepared>;
}

/**
 * Where rows are measured: real servers of the embedded default with durable settings, below one folder. What a row
 * takes is given back when the row has ended.
 */
export class Workbench {
  private readonly ends: (() => Promise<unknown>)[] = [];
  private running: Promise<PostgresServer> | undefined;
  private folders = 0;
  private readonly templates = new Map<string, Promise<string>>();

  constructor(
    private readonly root: string,
    readonly scale: Scale,
    readonly progress: (text: string) => void,
    /** Where each service leaves a CPU profile. */
    readonly profiles?: string,
  ) {}

  /** PostgreSQL with fsync, as superuser; one for all rows. */
  postgres(): Promise<PostgresServer> {
    this.running ??= this.startPostgres();
    return this.running;
  }

  /**
   * A database for this row, as `make` makes it: what has the same name is made once, and copied for every row.
   * @param make is given the address of an empty database, as superuser
   */
  async database(name: string, make: (url: string) => Promise<unknown>): Promise<string> {
    const { url } = await this.postgres();
    const known = this.templates.get(name) ?? this.template(url, make);
    this.templates.set(name, known);
    const template = await known;
    const copy = newName();
    await query(url, `CREATE DATABASE ${copy} TEMPLATE ${template}`);
    this.atEnd(() => query(url, `DROP DATABASE ${copy} WITH (FORCE)`));
    return addressOf(url, copy);
  }

  /** A nats-server for this row. */
  async nats({ syncAlways }: { readonly syncAlways: boolean }): Promise<NatsServer> {
    const server = await startNats({
      storeDir: join(await this.folder(), 'nats'),
      syncAlways,
      onProgress: this.progress,
    });
    this.atEnd(() => server.stop());
    return server;
  }

  /** An empty folder for this row. */
  async folder(): Promise<string> {
    this.folders += 1;
    const folder = join(this.root, `row-${this.folders}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.atEnd(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Done when the row has ended, the latest first. */
  atEnd(end: () => Promise<unknown>): void {
    this.ends.push(end);
  }

  /** A step that fails must not keep the others from being done. */
  async clearUp(): Promise<void> {
    for (let end = this.ends.pop(); end; end = this.ends.pop()) {
      await end().catch((error: unknown) => this.progress(`clearing up: ${String(error)}`));
    }
  }

  async close(): Promise<void> {
    await this.clearUp();
    await (await this.running)?.stop();
    await rm(this.root, { recursive: true, force: true });
  }

  private async template(url: string, make: (url: string) => Promise<unknown>): Promise<string> {
    const template = newName();
    await query(url, `CREATE DATABASE ${template}`);
    await make(addressOf(url, template));
    return template;
  }

  private async startPostgres(): Promise<PostgresServer> {
    // PostgreSQL may run as another user than we do, and has to reach its folder inside.
    await mkdir(this.root, { recursive: true });
    await chmod(this.root, 0o755);
    return startPostgres({ dataDir: join(this.root, 'postgres'), durable: true });
  }
}

function newName(): string {
  return `bench_${randomBytes(5).toString('hex')}`;
}

function addressOf(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}

/** One statement on a connection of its own. */
export async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
