import { postgresSources, type Query, type SiteReport, type Trust, verifySite } from '@hub-export/record-verification';
import { ANCHOR_FILE, readAnchorFile, type ReadLine } from '@hub-export/transparency-log';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Where the record of a site lies. */
export interface SiteToVerify extends Trust {
  readonly logUrl: string;
  readonly auditUrl: string;
  /** Files of anchored checkpoints, or the folders in which they lie. */
  readonly anchors: readonly string[];
}

/** What is needed to verify is away, or not open to us. */
export class SiteNotReadable extends Error {
  override readonly name = 'SiteNotReadable';
}

/** How long the audit may take to hear of what the log has, in milliseconds. */
const AUDIT_WAIT_MS = 10_000;
const LOOK_EVERY_MS = 200;

/**
 * Verifies a site, which may be at work meanwhile: the sinks are read first, then one moment of the audit, then one of the
 * log, so that each holds all that the one before it can speak of. Nothing is written anywhere.
 * @throws {SiteNotReadable} and what a database says that goes away meanwhile.
 */
export async function verifySiteByReading(
  { logUrl, auditUrl, anchors, ...trust }: SiteToVerify,
  onProgress: (place: number) => void,
): Promise<SiteReport> {
  const before = await readAll(anchors);
  return connected(logUrl, (log) =>
    connected(auditUrl, async (audit) => {
      const auditExpectedTo = await headOf(log);
      await waitForAudit(audit, auditExpectedTo);
      await freeze(audit);
      await freeze(log);
      const databases = postgresSources(queryOf(log), queryOf(audit));
      // What was anchored meanwhile belongs to what the audit had at its moment, or is beyond it.
      const known = before.reduce((last, line) => (line.kind === 'checkpoint' ? Math.max(last, line.size) : last), 0);
      const end = Math.max(await databases.auditContiguousTo(), known);
      const now = (await readAll(anchors)).filter(
        ({ kind, size }) => kind !== 'accesses' && (size === null || size <= end),
      );
      // Of the accesses, those that the audit had when we came: more may have been recorded and anchored since its moment.
      const lines = [...before.filter(({ kind }) => kind === 'accesses'), ...now];
      const sources = { ...databases, anchors: () => generated(lines) };
      return verifySite(sources, { ...trust, onProgress, auditExpectedTo });
    }),
  );
}

/** A checkpoint is some 400 bytes; a sink of ten millions of entries has ten thousand. */
async function readAll(anchors: readonly string[]): Promise<readonly ReadLine[]> {
  const lines: ReadLine[] = [];
  for (const anchor of anchors) {
    const isFolder = await stat(anchor).then(
      (found) => found.isDirectory(),
      () => {
        throw new SiteNotReadable('A sink that was named cannot be read.');
      },
    );
    for await (const line of readAnchorFile(isFolder ? join(anchor, ANCHOR_FILE) : anchor)) lines.push(line);
  }
  return lines;
}

async function* generated(lines: readonly ReadLine[]): AsyncGenerator<ReadLine> {
  for (const line of lines) yield line;
}

async function headOf(log: pg.Client): Promise<number> {
  const { rows } = await log.query<{ at: number }>('SELECT global_seq::float8 AS at FROM log.head');
  return rows[0]?.at ?? 0;
}

/** What the log had when we came is waited for; what the audit has not by then is told as missing. */
async function waitForAudit(audit: pg.Client, position: number): Promise<void> {
  for (const deadline = Date.now() + AUDIT_WAIT_MS; Date.now() < deadline; await pause(LOOK_EVERY_MS)) {
    const { rows } = await audit.query<{ at: number }>('SELECT contiguous_to::float8 AS at FROM audit.progress');
    if ((rows[0]?.at ?? 0) >= position) return;
  }
}

/** From here on the connection sees one moment, and can change nothing. The first look sets the moment. */
async function freeze(connection: pg.Client): Promise<void> {
  await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  await connection.query('SELECT count(*) FROM (SELECT 1) once');
}

function queryOf(connection: pg.Client): Query {
  return async <Row>(sql: string, values: readonly unknown[]) =>
    (await connection.query(sql, [...values])).rows as readonly Row[];
}

async function connected<Answer>(url: string, work: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'hub-export verify',
    statement_timeout: 60_000,
  });
  // Without a listener, a connection that the server ends would end this process; the running query tells it anyway.
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw new SiteNotReadable('A database of the site does not answer.', { cause: error });
  });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
