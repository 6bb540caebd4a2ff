import { verifyCertificate } from '@hub-export/delivery-certificate';
import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { readPublicKeys, writeCheckpointKey } from '@hub-export/transparency-log';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Announcer,
  announcer,
  type AuditDatabase,
  type Auditor,
  freshAuditDatabase,
  startAuditor,
} from '../testing/audit.testing.js';
import { alice, named, queued, reported, resourceStreamOf, tellFullLife, TestLog } from '../testing/log.testing.js';

// Real here: PostgreSQL, nats-server, the whole service over HTTP with its key. Made up: the log and its relay.
jest.setTimeout(60_000);

const done = named('a');
const open = named('b');
const late = named('c');

let database: AuditDatabase;
let nats: FreshNats;
let relay: Announcer;
let auditor: Auditor;
let folder: string;
let log: TestLog;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificate-'));
  writeCheckpointKey(join(folder, 'key.pem'), join(folder, 'public.pem'));
  [database, nats] = [await freshAuditDatabase(), await freshNats()];
  relay = announcer(nats);
  auditor = await startAuditor(database, nats, {
    CHECKPOINT_KEY_FILE: join(folder, 'key.pem'),
    CHECKPOINT_ORIGIN: 'hub-export/site-a',
    CHECKPOINT_DIR: join(folder, 'sink'),
    CHECKPOINT_EVERY_ENTRIES: '28',
    CHECKPOINT_EVERY_SECONDS: '86400',
  });
  log = new TestLog();
  await log.tell('egress', { type: 'EgressStopped', by: alice }, { type: 'EgressResumed', by: alice });
  await tellFullLife(log, done);
  await log.tell(resourceStreamOf(open), reported(open));
  await log.tell(open.stream, open.marked, queued());
  await log.tell('egress', { type: 'EgressStopped', by: alice }, { type: 'EgressResumed', by: alice });
  await announceAll();
  await eventually(async () => (await auditor.get('/v1/audit/checkpoints/latest')).status === 200, {
    what: 'a checkpoint is there',
  });
});

afterAll(async () => {
  await auditor.close();
  await relay.close();
  await nats.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function announceAll(): Promise<void> {
  const messages = await log.messages();
  await relay.announce(messages);
  await eventually(async () => (await auditor.integrity()).contiguous_to === messages.length, { what: 'all is there' });
}

const certificateOf = (id: string, query = '', token = {}) =>
  auditor.get(`/v1/audit/transfers/${id}/certificate${query}`, token);

describe('the certificate of a completed transfer', () => {
  it('is verified by the public key alone, and holds the whole life with its three attempts', async () => {
    const { status, text, headers } = await certificateOf(done.id);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const keys = readPublicKeys(join(folder, 'public.pem'));
    const { certificate, checkpoint } = verifyCertificate(new TextEncoder().encode(text), keys);
    expect(checkpoint).toMatchObject({ origin: 'hub-export/site-a', size: 28 });
    expect(certificate).toMatchObject({
      transfer: { transfer_id: done.id, resource_hash: done.hash },
      attempts: 3,
      marks: [{ action: 'marked' }, { action: 'unmarked' }, { action: 'marked' }],
      failures: [{ code: 'http_503' }, { code: 'connection_reset' }],
      delivery: { attempt: 3, acknowledgement: { hub_transfer_id: 'remote-1' } },
    });
  });

  it('is the same to the byte, each time', async () => {
    expect((await certificateOf(done.id)).text).toBe((await certificateOf(done.id.toUpperCase())).text);
  });

  it('has a page to print, in English and in German', async () => {
    const page = await certificateOf(done.id, '?format=html&language=de');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('Zustellzertifikat');
    // A browser shows its style, and nothing else that might have got into it.
    const style = createHash('sha256').update(/<style>([^]*)<\/style>/.exec(page.text ?? '')?.[1] ?? '');
    const policy = String(page.headers['content-security-policy']).split('; ');
    expect(policy).toContain(`style-src 'sha256-${style.digest('base64')}'`);
    expect(policy).toContain(`default-src 'none'`);
    expect((await certificateOf(done.id, '?format=html')).text).toContain('Certificate of delivery');
  });

  it.each([
    ['nonsense', '', 400, 'invalid_transfer_id'],
    ['00000000-0000-4000-8000-000000000000', '', 404, 'unknown_transfer'],
    [open.id, '', 409, 'transfer_not_completed'],
    [done.id, '?format=pdf', 400, 'invalid_request'],
    [done.id, '?language=fr', 400, 'invalid_request'],
  ])('of %s%s is answered with %i %s', async (id, query, status, code) => {
    const answer = await certificateOf(id, query);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('is not for auditors of other centers, nor without the role', async () => {
    const foreign = await certificateOf(done.id, '', { roles: ['hub_export:audit'], centers: ['center-b'] });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'unknown_transfer']);
    const own = await certificateOf(done.id, '', { roles: ['hub_export:audit'], centers: ['center-a'] });
    expect(own.status).toBe(200);
    expect((await certificateOf(done.id, '', { roles: ['hub_export:read'] })).status).toBe(403);
  });

  it('waits for a checkpoint that covers the completion', async () => {
    await tellFullLife(log, late);
    await announceAll();
    const answer = await certificateOf(late.id);
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([409, 'not_anchored_yet', '60']);
  });

  it('is refused where one of its entries was found changed', async () => {
    await database.query(`INSERT INTO audit.findings (global_seq, code) VALUES (10, 'hash_mismatch')`);
    const answer = await certificateOf(done.id);
    expect([answer.status, answer.body.code]).toEqual([409, 'chain_broken']);
  });
});
