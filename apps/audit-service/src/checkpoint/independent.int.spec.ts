import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeCheckpointKey } from '@hub-export/transparency-log';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryOf } from '../entry/entry.js';
import { EntryService } from '../entry/entry.service.js';
import { type AuditDatabase, type Auditor, freshAuditDatabase, startAuditor } from '../testing/audit.testing.js';
import { named, TestLog, tellFullLife } from '../testing/log.testing.js';
import { CheckpointWorker } from './checkpoint.worker.js';

// Real here: PostgreSQL, the service's HTTP, Python. The bus is away and not needed.
jest.setTimeout(120_000);

const VERIFIER = fileURLToPath(new URL('../../verifier/verify.py', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
let database: AuditDatabase;
let auditor: Auditor;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'independent-'));
  writeCheckpointKey(join(folder, 'key.pem'), join(folder, 'pub.pem'));
  writeCheckpointKey(join(folder, 'other.pem'), join(folder, 'other.pub.pem'));
  database = await freshAuditDatabase();
  auditor = await startAuditor(
    database,
    { url: 'nats://127.0.0.1:9' },
    {
      CHECKPOINT_KEY_FILE: join(folder, 'key.pem'),
      CHECKPOINT_ORIGIN: 'hub-export/site-a',
      CHECKPOINT_DIR: join(folder, 'anchors'),
      CHECKPOINT_EVERY_ENTRIES: '10',
    },
  );
  const log = new TestLog();
  await tellFullLife(log, named('a'));
  await auditor.app.get(EntryService).addAll(
    (await log.messages()).map(({ body, sequence }) => {
      const entry = entryOf(new TextEncoder().encode(String(body)), sequence);
      if ('fault' in entry) throw new Error(entry.fault);
      return entry;
    }),
  );
  while ((await auditor.app.get(CheckpointWorker).runOnce()) > 0);
});

afterAll(async () => {
  await auditor.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function verified(document: unknown, key = 'pub.pem'): Promise<readonly [number | null, string]> {
  const path = join(folder, 'document.json');
  await writeFile(path, JSON.stringify(document));
  const { status, stdout, stderr } = spawnSync('python3', [VERIFIER, path, '--key', join(folder, key)], {
    encoding: 'utf8',
  });
  return [status, `${stdout}${stderr}`.trim()];
}

(hasPython ? describe : describe.skip)('a verifier that has nothing of ours', () => {
  it('finds an entry in the record that was signed, by a proof of the service', async () => {
    const { body } = await auditor.get('/v1/audit/entries/7/proof?size=20');
    expect(await verified(body)).toEqual([0, 'Entry 7 is in the record of 20 entries that the key signed.']);
  });

  it('finds that a later checkpoint begins with an earlier one', async () => {
    const { body } = await auditor.get('/v1/audit/checkpoints/consistency?from=10&to=20');
    expect(await verified(body)).toEqual([0, 'The record of 20 entries begins with that of 10; the key signed both.']);
  });

  it('refuses what was changed, and another key', async () => {
    const { body } = await auditor.get('/v1/audit/entries/7/proof?size=20');
    const { note } = body.checkpoint as { note: string };
    const changed: readonly object[] = [
      { ...body, entry_text: body.entry_text.replace('alice', 'alicf') },
      { ...body, entry_hash: 'f'.repeat(64) },
      { ...body, global_seq: 8 },
      { ...body, proof: body.proof.slice(1) },
      { ...body, checkpoint: { note: note.replace('\n20\n', '\n21\n') } },
      { ...body, checkpoint: {} },
    ];
    for (const document of changed) {
      const [status, told] = await verified(document);
      expect([status, told.split(':')[0]]).toEqual([1, 'REFUSED']);
      expect(told).not.toContain('Traceback');
    }
    expect(await verified(body, 'other.pub.pem')).toEqual([1, 'REFUSED: a checkpoint is not signed by this key.']);
  });
});
