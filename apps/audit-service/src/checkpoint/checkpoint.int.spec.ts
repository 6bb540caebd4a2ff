import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { entryOf } from '../entry/entry.js';
import { EntryService } from '../entry/entry.service.js';
import type { BusMessage } from '@hub-export/jetstream';
import {
  ANCHOR_FILE,
  fromBase64,
  leafHash,
  entryLeaf,
  openCheckpoint,
  provesConsistency,
  provesInclusion,
  readAnchorFile,
  readPublicKeys,
  writeCheckpointKey,
  type Hash,
} from '@hub-export/transparency-log';
import { appendFile, chmod, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecheckWorker } from '../recheck/recheck.worker.js';
import {
  type AuditDatabase,
  type Auditor,
  contentOf,
  eventually,
  freshAuditDatabase,
  freshNats,
  startAuditor,
} from '../testing/audit.testing.js';
import { named, TestLog, tellFullLife } from '../testing/log.testing.js';
import { CheckpointWorker } from './checkpoint.worker.js';

// Real here: PostgreSQL, nats-server, the service's HTTP, an endpoint by HTTP, the file system.
jest.setTimeout(120_000);

const ORIGIN = 'hub-export/site-a';
const EVERY = 100;
let nats: Awaited<ReturnType<typeof freshNats>>;
let messages: readonly BusMessage[];
let folder: string;
let database: AuditDatabase;
let auditors: Auditor[];
let run = 0;

beforeAll(async () => {
  nats = await freshNats();
  const log = new TestLog();
  for (let life = 0; (await log.events()).length < 600; life += 1) {
    const digit = (life % 10).toString();
    await tellFullLife(log, named(digit, 'center-a', `hub-${life}`));
  }
  messages = await log.messages();
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
  writeCheckpointKey(join(folder, 'key.pem'), join(folder, 'pub.pem'));
  writeCheckpointKey(join(folder, 'key2.pem'), join(folder, 'pub2.pem'));
});

afterAll(async () => {
  await nats.stop();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  run += 1;
  auditors = [];
  database = await freshAuditDatabase();
});

afterEach(async () => {
  for (const auditor of auditors) await auditor.close();
  await database.drop();
});

const sink = (): string => join(folder, `sink-${run}`);
const publicKeys = (): ReturnType<typeof readPublicKeys> => readPublicKeys(join(folder, 'pub.pem'));
const hash = (text: string): Hash => fromBase64(text) ?? new Uint8Array();

async function start(variables: Readonly<Record<string, string>> = {}, on = database): Promise<Auditor> {
  const auditor = await startAuditor(on, nats, {
    CHECKPOINT_KEY_FILE: join(folder, 'key.pem'),
    CHECKPOINT_ORIGIN: ORIGIN,
    CHECKPOINT_DIR: sink(),
    CHECKPOINT_EVERY_ENTRIES: String(EVERY),
    CHECKPOINT_EVERY_SECONDS: '3600',
    RECHECK_ENTRIES_PER_SECOND: '0',
    ...variables,
  });
  auditors.push(auditor);
  return auditor;
}

async function take(auditor: Auditor, from: number, to: number): Promise<void> {
  const entries = auditor.app.get(EntryService);
  await Promise.all(
    messages.slice(from - 1, to).map(async ({ body, sequence }) => {
      const entry = entryOf(new TextEncoder().encode(String(body)), sequence);
      if ('fault' in entry) throw new Error(entry.fault);
      return entries.add(entry);
    }),
  );
  while (await entries.advance());
}

async function checkpointsOf(auditor: Auditor): Promise<readonly number[]> {
  const { body } = await auditor.get('/v1/audit/checkpoints?limit=200');
  return (body.items as { size: number }[]).map(({ size }) => size).reverse();
}

const look = (auditor: Auditor): Promise<number> => auditor.app.get(CheckpointWorker).runOnce();
/** The worker looks by itself, too, and one of both has the turn: all is made, or nothing can be. */
async function settled(auditor: Auditor): Promise<void> {
  await eventually(
    async () => {
      await look(auditor);
      const { trouble } = auditor.app.get(CheckpointWorker).state();
      return trouble !== null || (await auditor.integrity()).unanchored < EVERY;
    },
    { what: 'the checkpoints are made', withinMs: 30_000 },
  );
}
const anchors = async (): Promise<number[]> => {
  const sizes: number[] = [];
  for await (const line of readAnchorFile(join(sink(), ANCHOR_FILE)))
    if (line.kind === 'checkpoint') sizes.push(line.size);
  return sizes;
};

describe('checkpoints', () => {
  it('are made at each multiple, anchored outside the database first, and vouched for by the key alone', async () => {
    const auditor = await start();
    expect((await auditor.get('/v1/audit/checkpoints/latest')).body.code).toBe('no_checkpoint');
    await take(auditor, 1, 350);
    await eventually(async () => (await checkpointsOf(auditor)).length === 3, { what: 'three checkpoints' });
    expect(await checkpointsOf(auditor)).toEqual([100, 200, 300]);
    expect(await anchors()).toEqual([100, 200, 300]);
    const { body: latest } = await auditor.get('/v1/audit/checkpoints/latest');
    expect(openCheckpoint(latest.note, publicKeys(), ORIGIN)).toMatchObject({ size: 300, keyId: latest.key_id });
    expect(await auditor.integrity()).toMatchObject({ unanchored: 50, last_checkpoint: { size: 300 } });
    expect((await auditor.get('/metrics')).text).toMatch(/audit_unanchored_entries{.*} 50\n/);
    const { body: keys } = await auditor.get('/v1/audit/checkpoints/keys');
    expect(keys.items).toMatchObject([{ key_id: latest.key_id, from_size: 100 }]);
  });

  it('are made in time too, where anything came since, and then not again', async () => {
    const auditor = await start({ CHECKPOINT_EVERY_SECONDS: '1' });
    await take(auditor, 1, 7);
    await eventually(async () => (await checkpointsOf(auditor)).length === 1, { what: 'a checkpoint in time' });
    expect(await checkpointsOf(auditor)).toEqual([7]);
    expect(await look(auditor)).toBe(0);
  });

  it('prove every entry, and that each begins with the one before', async () => {
    const auditor = await start();
    await take(auditor, 1, messages.length);
    await settled(auditor);
    const sizes = await checkpointsOf(auditor);
    for (const globalSeq of [1, 2, 99, 100, 101, 255, 256, 257, 300, 512, 513, 599]) {
      const { body, status } = await auditor.get(`/v1/audit/entries/${globalSeq}/proof?size=600`);
      expect([globalSeq, status]).toEqual([globalSeq, 200]);
      const leaf = leafHash(entryLeaf(body.entry_text, body.entry_hash));
      const { root } = openCheckpoint(body.checkpoint.note, publicKeys(), ORIGIN);
      const proof = body.proof.map(hash);
      expect(provesInclusion({ index: globalSeq - 1, size: 600, leaf, proof, root })).toBe(true);
    }
    expect((await auditor.get('/v1/audit/entries/101/proof')).body.size).toBe(200);
    for (const [from, to] of [
      [100, 600],
      [300, 500],
      [200, 200],
      [500, 600],
    ] as const) {
      const { body } = await auditor.get(`/v1/audit/checkpoints/consistency?from=${from}&to=${to}`);
      const [firstRoot, secondRoot] = [body.from_checkpoint, body.to_checkpoint].map(
        ({ note }: { note: string }) => openCheckpoint(note, publicKeys(), ORIGIN).root,
      ) as [Hash, Hash];
      const proof = body.proof.map(hash);
      expect(provesConsistency({ first: from, second: to, firstRoot, secondRoot, proof })).toBe(true);
    }
    expect(sizes).toEqual([100, 200, 300, 400, 500, 600]);
  });

  it('are asked for what is not there: a clear code each', async () => {
    const auditor = await start();
    await take(auditor, 1, 150);
    await settled(auditor);
    const asked = [
      ['/v1/audit/entries/0/proof', 400, 'invalid_position'],
      ['/v1/audit/entries/x/proof', 400, 'invalid_position'],
      ['/v1/audit/entries/1e3/proof', 400, 'invalid_position'],
      ['/v1/audit/entries/99999/proof', 404, 'unknown_entry'],
      ['/v1/audit/entries/150/proof?size=100', 400, 'invalid_range'],
      ['/v1/audit/entries/150/proof?size=170', 404, 'unknown_size'],
      ['/v1/audit/entries/150/proof', 404, 'not_anchored_yet'],
      ['/v1/audit/entries/50/proof?size=0', 400, 'invalid_request'],
      ['/v1/audit/checkpoints/consistency?from=200&to=100', 400, 'invalid_range'],
      ['/v1/audit/checkpoints/consistency?from=100&to=900', 404, 'unknown_size'],
      ['/v1/audit/checkpoints/consistency?from=100', 400, 'invalid_request'],
      ['/v1/audit/checkpoints?cursor=x', 400, 'invalid_cursor'],
    ] as const;
    for (const [path, status, code] of asked) {
      const answer = await auditor.get(path);
      expect([path, answer.status, answer.body.code]).toEqual([path, status, code]);
    }
  });

  it('prove nothing of a foreign center', async () => {
    const auditor = await start();
    await take(auditor, 1, 100);
    await look(auditor);
    const token = { centers: ['center-b'] };
    expect((await auditor.get('/v1/audit/entries/1/proof', token)).body.code).toBe('unknown_entry');
    expect((await auditor.get('/v1/audit/entries/1/proof', { centers: ['center-a'] })).status).toBe(200);
  });

  it('go to an endpoint in their order, each until it is taken, and never keep the record waiting', async () => {
    const endpoint = await startEndpoint();
    const auditor = await start({ CHECKPOINT_URL: endpoint.url });
    endpoint.refuses = true;
    await take(auditor, 1, 250);
    await eventually(async () => (await checkpointsOf(auditor)).length === 2, { what: 'both are made' });
    await eventually(() => endpoint.asked > 0, { what: 'the endpoint was asked' });
    endpoint.refuses = false;
    await eventually(() => endpoint.taken.length === 2, { what: 'both are taken', withinMs: 20_000 });
    expect(endpoint.taken.map((note) => openCheckpoint(note, publicKeys()).size)).toEqual([100, 200]);
    await auditors.pop()?.close();
    const again = await start({ CHECKPOINT_URL: endpoint.url });
    await take(again, 251, 350);
    await eventually(() => endpoint.taken.length === 3, { what: 'only the new one follows' });
    await endpoint.close();
  });
});

describe('a record that was dropped', () => {
  it('comes out identical, byte for byte, checkpoints included, from the stream and the sink', async () => {
    const first = await start({ CHECKPOINT_EVERY_SECONDS: '1' });
    await take(first, 1, 130);
    await eventually(async () => (await checkpointsOf(first)).length === 2, { what: 'one by number, one in time' });
    await take(first, 131, messages.length);
    await settled(first);
    await auditors.pop()?.close();
    const before = await contentOf(database);
    expect(before['checkpoints']?.split('\n').length).toBeGreaterThan(6);
    await database.drop();

    database = await freshAuditDatabase();
    const second = await start();
    await take(second, 1, 110);
    await eventually(async () => (await checkpointsOf(second)).join() === '100', { what: 'the first is restored' });
    expect((await second.get('/metrics')).text).toMatch(/audit_anchored_beyond{.*} [1-9]\d\d\n/);
    await take(second, 111, messages.length);
    await settled(second);
    await auditors.pop()?.close();
    expect(await contentOf(database)).toEqual(before);
  });

  it('gets no checkpoint over another story than the one that was anchored', async () => {
    const first = await start();
    await take(first, 1, 250);
    await settled(first);
    await auditors.pop()?.close();
    await database.drop();

    database = await freshAuditDatabase();
    const second = await start();
    const entries = second.app.get(EntryService);
    const forged = { ...messages[149]!, body: String(messages[149]!.body).replace('"correlation-', '"correlatiom-') };
    await take(second, 1, 149);
    const entry = entryOf(new TextEncoder().encode(forged.body), 150);
    if (!('fault' in entry)) await entries.add(entry);
    await take(second, 151, messages.length);
    await settled(second);
    expect(await checkpointsOf(second)).toEqual([100]);
    const { findings } = await second.integrity();
    expect(findings.map(({ global_seq, code }) => [global_seq, code])).toEqual([
      [150, 'hash_mismatch'],
      [200, 'anchor_mismatch'],
    ]);
    expect((await second.get('/metrics')).text).toMatch(/audit_checkpoints_hindered{.*} 1\n/);
    expect(await anchors()).toEqual([100, 200]);
  });
});

describe('the sink', () => {
  it('loses no anchor to a crash between file and database, or to a line that was torn', async () => {
    const auditor = await start();
    await take(auditor, 1, 250);
    await settled(auditor);
    await auditors.pop()?.close();
    await database.query('ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL');
    await database.query('DELETE FROM audit.checkpoints WHERE size = 200');
    await appendFile(join(sink(), ANCHOR_FILE), '{"kind":"checkpoint","size":300,"anch');
    const again = await start();
    await take(again, 251, 350);
    await settled(again);
    expect(await checkpointsOf(again)).toEqual([100, 200, 300]);
    expect(await anchors()).toEqual([100, 200, 300]);
  });

  it('is filled again where it was lost', async () => {
    const auditor = await start();
    await take(auditor, 1, 250);
    await settled(auditor);
    const before = await readFile(join(sink(), ANCHOR_FILE), 'utf8');
    await auditors.pop()?.close();
    await rm(sink(), { recursive: true });
    const again = await start();
    await look(again);
    expect(await readFile(join(sink(), ANCHOR_FILE), 'utf8')).toBe(before);
  });

  it('is filled again where it was taken away, or cut, while the service runs', async () => {
    const auditor = await start();
    await take(auditor, 1, 250);
    await settled(auditor);
    const before = await readFile(join(sink(), ANCHOR_FILE), 'utf8');
    await rm(sink(), { recursive: true });
    // The worker looks by itself, too, and one of both has the turn.
    const untilAnchored = (wanted: readonly number[]): Promise<unknown> =>
      eventually(
        async () => {
          await look(auditor);
          return String(await anchors()) === String(wanted);
        },
        { what: `${String(wanted)} are anchored` },
      );
    await untilAnchored([100, 200]);
    expect(await readFile(join(sink(), ANCHOR_FILE), 'utf8')).toBe(before);
    await truncate(join(sink(), ANCHOR_FILE), before.indexOf('\n') + 1);
    await untilAnchored([100, 200]);
    await take(auditor, 251, 350);
    await settled(auditor);
    expect(await anchors()).toEqual([100, 200, 300]);
  });

  it('is written by one of several processes at a time, each checkpoint once', async () => {
    const [one, two] = [await start(), await start()];
    await take(one, 1, 600);
    await Promise.all([1, 2, 3, 4].flatMap(() => [look(one), look(two)]));
    await eventually(async () => (await checkpointsOf(two)).length === 6, { what: 'all are there' });
    expect(await anchors()).toEqual([100, 200, 300, 400, 500, 600]);
  });

  it('has how far the record of readings was, too, and nothing more once that was cut off', async () => {
    const often = { CHECKPOINT_EVERY_SECONDS: '1' };
    const auditor = await start(often);
    const anchored = async (): Promise<number[]> => {
      const places: number[] = [];
      for await (const line of readAnchorFile(join(sink(), ANCHOR_FILE)))
        if (line.kind === 'accesses') places.push(line.size);
      return places;
    };
    const read = (type: string): Promise<unknown> => auditor.get(`/v1/audit/events?type=${type}`);
    const untilAnchored = (place: number): Promise<unknown> =>
      eventually(async () => (await anchored()).at(-1) === place, { what: `reading ${place} is anchored` });
    await read('One');
    await read('Two');
    await untilAnchored(2);
    await read('Three');
    await untilAnchored(3);
    await database.query('ALTER TABLE audit.accesses DISABLE TRIGGER ALL');
    await database.query('DELETE FROM audit.accesses WHERE place = 3');
    await read('Four');
    await read('Five');
    const changed = expect.objectContaining({ event: 'audit_accesses_changed', position: 3 });
    await eventually(() => auditor.logged().some((line) => line['event'] === 'audit_accesses_changed'), {
      what: 'it is told',
    });
    expect(auditor.logged()).toContainEqual(changed);
    expect((await anchored()).at(-1)).toBe(3);
  });

  it('takes a new key as a fact of its own, and goes on', async () => {
    const auditor = await start();
    await take(auditor, 1, 150);
    await settled(auditor);
    await auditors.pop()?.close();
    const rotated = {
      CHECKPOINT_KEY_FILE: join(folder, 'key2.pem'),
      CHECKPOINT_RETIRED_KEYS_FILE: join(folder, 'pub.pem'),
    };
    const after = await start(rotated);
    await take(after, 151, 250);
    await settled(after);
    const { body: latest } = await after.get('/v1/audit/checkpoints/latest');
    expect(openCheckpoint(latest.note, readPublicKeys(join(folder, 'pub2.pem'))).size).toBe(200);
    expect((await after.get('/v1/audit/checkpoints/keys')).body.items).toMatchObject([
      { from_size: 100 },
      { from_size: 200, key_id: latest.key_id },
    ]);
    expect(after.logged()).toContainEqual(
      expect.objectContaining({ event: 'audit_checkpoint_key_introduced', position: 200 }),
    );
    await auditors.pop()?.close();
    const forgetful = await start({ CHECKPOINT_KEY_FILE: join(folder, 'key2.pem') });
    await database.query('ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL');
    await database.query('DELETE FROM audit.checkpoints');
    await look(forgetful);
    expect(forgetful.app.get(CheckpointWorker).state().trouble).toBe('unknown_key');
  });
});

describe('reading the record again', () => {
  it('goes through all of it, rests, and finds nothing where nothing was changed', async () => {
    const auditor = await start();
    await take(auditor, 1, messages.length);
    await settled(auditor);
    const recheck = auditor.app.get(RecheckWorker);
    let read = 0;
    for (let batch = await recheck.runOnce(); batch > 0; batch = await recheck.runOnce()) read += batch;
    expect(read).toBe(messages.length);
    expect(await auditor.integrity()).toMatchObject({
      finding_count: 0,
      recheck: { position: 0, finished_to: messages.length, finished_at: expect.any(String) },
    });
    expect(await recheck.runOnce()).toBe(0);
  });

  it('finds nothing in a record that grows while it is read', async () => {
    const auditor = await start();
    const recheck = auditor.app.get(RecheckWorker);
    await take(auditor, 1, 300);
    expect(await recheck.runOnce()).toBe(300);
    // Over the end of the tile in which the reading came to the end of the record.
    await take(auditor, 301, messages.length);
    while ((await recheck.runOnce()) > 0);
    expect((await auditor.integrity()).findings).toEqual([]);
  });

  it.each([
    [
      'a letter of an entry',
      `UPDATE audit.entries SET correlation_id = 'x' WHERE global_seq = 300`,
      [300, 'hash_mismatch'],
    ],
    ['an entry', 'DELETE FROM audit.entries WHERE global_seq = 300', [300, 'entry_lost']],
    [
      'the last entry',
      'DELETE FROM audit.entries WHERE global_seq = (SELECT max(global_seq) FROM audit.entries)',
      [0, 'entry_lost'],
    ],
    [
      'a tile',
      `UPDATE audit.tree_tiles SET hashes = overlay(hashes PLACING '\\x00000000' FROM 9 FOR 4) WHERE place = 1`,
      [512, 'tile_mismatch'],
    ],
    [
      'the root of a checkpoint',
      'UPDATE audit.checkpoints SET note = (SELECT note FROM audit.checkpoints WHERE size = 100) WHERE size = 200',
      [200, 'checkpoint_forged'],
    ],
  ])('finds %s that was changed in the database', async (_, change, [place, code]) => {
    const auditor = await start();
    await take(auditor, 1, messages.length);
    await settled(auditor);
    for (const table of ['entries', 'tree_tiles', 'checkpoints']) {
      await database.query(`ALTER TABLE audit.${table} DISABLE TRIGGER ALL`);
    }
    await database.query(change);
    const recheck = auditor.app.get(RecheckWorker);
    while ((await recheck.runOnce()) > 0);
    const { chain, findings } = await auditor.integrity();
    expect(chain).toBe('broken');
    expect(findings).toContainEqual(
      expect.objectContaining({ global_seq: place === 0 ? messages.length : place, code }),
    );
  });
});

describe('a key that is not fit', () => {
  it('keeps the service from starting, and everything that is wrong is told at once', async () => {
    await writeFile(join(folder, 'open.pem'), await readFile(join(folder, 'key.pem')));
    await chmod(join(folder, 'open.pem'), 0o644);
    const variables = {
      CHECKPOINT_KEY_FILE: join(folder, 'open.pem'),
      CHECKPOINT_ORIGIN: 'site\na',
      CHECKPOINT_DIR: 'relative',
      CHECKPOINT_URL: 'http://elsewhere.example/',
    };
    const refused = await start(variables).then(
      () => '',
      (error: Error) => error.message,
    );
    for (const name of Object.keys(variables)) expect(refused).toContain(name);
    expect(refused).not.toContain(folder);
  });
});

interface Endpoint {
  readonly url: string;
  readonly taken: string[];
  asked: number;
  refuses: boolean;
  close(): Promise<void>;
}

async function startEndpoint(): Promise<Endpoint> {
  const server: Server = createServer((incoming, answer) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => {
      endpoint.asked += 1;
      if (!endpoint.refuses) endpoint.taken.push(body);
      answer.statusCode = endpoint.refuses ? 503 : 204;
      answer.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken: [],
    asked: 0,
    refuses: false,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return endpoint;
}
