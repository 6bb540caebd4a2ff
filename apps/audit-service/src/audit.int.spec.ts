import { documentDigest, transferId } from '@hub-export/contracts';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import {
  type Announcer,
  announcer,
  type AuditDatabase,
  type Auditor,
  freshAuditDatabase,
  startAuditor,
} from './testing/audit.testing.js';
import {
  acknowledgementOf,
  alice,
  at,
  attempt,
  named,
  queued,
  refused,
  reported,
  resourceStreamOf,
  sender,
  tellFullLife,
  TestLog,
} from './testing/log.testing.js';

// Real here: PostgreSQL, nats-server, the whole service over HTTP. Made up: the log and its relay.
jest.setTimeout(60_000);

const full = named('a');
const marked = named('b', 'center-b');
const foreign = named('c', 'center-b', 'other-hub');

let database: AuditDatabase;
let nats: FreshNats;
let relay: Announcer;
let auditor: Auditor;
let end: number;

beforeAll(async () => {
  [database, nats] = [await freshAuditDatabase(), await freshNats()];
  relay = announcer(nats);
  auditor = await startAuditor(database, nats);
  const log = new TestLog();
  await log.tell('node-hub', {
    type: 'NodeRecorded',
    by: alice,
    node_key: 'hub',
    role: 'central_hub',
    display_name: 'Hub',
    is_active: true,
    owning_center_key: null,
    center_scope: [],
    base_url: 'https://hub.example/',
    profile: 'endoreg-3.0',
    eligible_states: ['VALIDATED'],
    document_digest: 'd'.repeat(64),
  });
  await log.tell(
    'refusal-6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    refused('mark', 'ineligible', { ...full.marked, transfer_id: null }),
  );
  await tellFullLife(log, full);
  await log.tell(resourceStreamOf(marked), reported(marked, 'center-b'));
  await log.tell(marked.stream, marked.marked);
  await log.tell(foreign.stream, foreign.marked, queued(sender), { type: 'TransferDreamtOf', dream: 'deep' });
  await log.tell(
    'refusal-7f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    refused('queue', 'not_marked', { transfer_id: marked.id }),
  );
  const messages = await log.messages();
  end = messages.length;
  await relay.announce(messages);
  await eventually(async () => (await auditor.integrity()).contiguous_to === end, { what: 'all is in the record' });
});

afterAll(async () => {
  await auditor.close();
  await relay.close();
  await nats.stop();
  await database.drop();
});

const ofCenterA = { sub: 'a', roles: ['hub_export:audit'], centers: ['center-a'] } as const;

async function read(path: string, token: Parameters<Auditor['get']>[1] = {}) {
  const separator = path.includes('?') ? '&' : '?';
  return (await auditor.get(`${path}${separator}at_least=${end}`, token)).body;
}

describe('a life with an unmark, a hold, a refusal and three attempts', () => {
  it('is answered item by item', async () => {
    const told = await read(`/v1/audit/transfers/${full.id}`);
    expect(told).toMatchObject({
      transfer_id: transferId('hub', full.marked.transfer_key),
      transfer_key: full.marked.transfer_key,
      resource_kind: 'video',
      resource_hash: full.hash,
      source_node_key: 'site-a',
      target_node_key: 'hub',
      center_key: 'center-a',
      status: 'completed',
      held: [],
      marked_by: alice,
      marked_at: at(6),
      unmarked_by: null,
      queued_at: at(20),
      registration_started_at: at(21),
      registration_finished_at: at(22),
      upload_started_at: at(23),
      upload_finished_at: at(24),
      attempt_count: 3,
    });
    const policy = { resource_version: 1, local_cleanup_policy: 'retain_processed_media' };
    expect(told.marks).toEqual([
      { action: 'marked', by: alice, at: at(4), ...policy },
      { action: 'unmarked', by: alice, at: at(5) },
      { action: 'marked', by: alice, at: at(6), ...policy },
    ]);
    expect(told.queues.map((queue: { reason: string; at: string }) => [queue.reason, queue.at])).toEqual([
      ['operator', at(7)],
      ['retry_policy', at(13)],
      ['operator', at(20)],
    ]);
    expect(told.holds).toEqual([
      { action: 'held', reason: 'operator', by: alice, at: at(9) },
      { action: 'released', reason: 'operator', by: alice, at: at(10) },
    ]);
    expect(told.local_cleanup).toEqual({ policy: 'retain_processed_media', outcome: 'retained', at: at(25) });
    expect(told.findings).toEqual([]);
  });

  it('tells each attempt', async () => {
    const { attempts } = await read(`/v1/audit/transfers/${full.id}`);
    expect(attempts[0]).toMatchObject({
      attempt: 1,
      attempt_id: attempt(1).id,
      registration_started_at: at(11),
      registration_finished_at: at(12),
      upload_started_at: null,
      upload_finished_at: null,
      outcome: 'failed',
      bytes_sent: 0,
      failure: {
        stage: 'registration',
        failure_class: 'transient',
        code: 'http_503',
        http_status: 503,
        retryable: true,
      },
    });
    expect(attempts[1]).toMatchObject({
      attempt: 2,
      registration_started_at: at(14),
      registration_finished_at: at(15),
      hub_transfer_id: 'remote-1',
      upload_started_at: at(16),
      upload_finished_at: at(19),
      outcome: 'failed',
      bytes_sent: 7,
      unknown_outcomes: [{ stage: 'upload', code: 'timeout', http_status: null, bytes_sent: 7, at: at(17) }],
      failure: { code: 'connection_reset', not_before: at(3_600) },
    });
    expect(attempts[2]).toMatchObject({
      attempt: 3,
      outcome: 'completed',
      ended_at: at(24),
      bytes_sent: 12,
      failure: null,
    });
  });

  it('keeps the last failure after the success, and has the verified outcome', async () => {
    const told = await read(`/v1/audit/transfers/${full.id}`);
    expect(told.last_failure).toMatchObject({ attempt: 2, stage: 'upload', code: 'connection_reset' });
    expect(told.final_outcome).toMatchObject({
      status: 'completed',
      hub_transfer_id: 'remote-1',
      transfer_status: 'applied',
      processing_decision: 'skip_processing_preserved_state',
      acknowledgement: { resource_hash: full.hash },
      acknowledgement_digest: documentDigest(acknowledgementOf(full)),
      at: at(24),
    });
  });

  it('tells what was asked and not done, before there was a transfer too', async () => {
    const { refusals } = await read(`/v1/audit/transfers/${full.id}`);
    expect(refusals.map(({ command, code, at: when }: Record<string, unknown>) => [command, code, when])).toEqual([
      ['mark', 'ineligible', at(2)],
      ['unmark', 'already_queued', at(8)],
    ]);
    expect(refusals[0].by).toEqual({ kind: 'user', subject: 'bob', name: null });
  });
});

describe('the list of transfers', () => {
  const ids = async (query: string, token = {}): Promise<string[]> =>
    (await read(`/v1/audit/transfers${query}`, token)).items.map((line: { transfer_id: string }) => line.transfer_id);

  it('has the latest marked first, with the six answers', async () => {
    expect(await ids('')).toEqual([foreign.id, marked.id, full.id]);
    const { items } = await read('/v1/audit/transfers?status=completed');
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      marked_by: alice,
      queued_at: at(20),
      last_failure: { attempt: 2 },
      final_outcome: { at: at(24) },
    });
    expect(items[0]).not.toHaveProperty('attempts');
  });

  it.each([
    ['?status=queued', [foreign.id]],
    ['?status=failed', []],
    ['?target_node_key=hub', [marked.id, full.id]],
    ['?resource_kind=report', []],
    [`?resource_kind=video&resource_hash=${marked.hash}`, [marked.id]],
    ['?center=center-b', [foreign.id, marked.id]],
    ['?actor=user:bob', [marked.id, full.id]],
    ['?actor=user:nobody', []],
    [`?from=${at(26)}`, [foreign.id, marked.id]],
    [`?to=${at(5)}`, [full.id]],
    [`?actor=system:sender&from=${at(26)}`, [foreign.id]],
  ])('is narrowed by %s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  it('shows every transfer once over its pages', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page += 1) {
      const { items, next_cursor } = await read(`/v1/audit/transfers?limit=1${cursor}`);
      seen.push(...items.map((line: { transfer_id: string }) => line.transfer_id));
      cursor = `&cursor=${next_cursor}`;
      expect(next_cursor === null).toBe(page === 2);
    }
    expect(seen).toEqual([foreign.id, marked.id, full.id]);
  });
});

describe('the list of events', () => {
  const places = async (query: string, token = {}): Promise<number[]> =>
    (await read(`/v1/audit/events${query}`, token)).items.map((event: { global_seq: number }) => event.global_seq);
  const all = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, place) => from + place);

  it('has everything that was recorded, in the order of the log, with its data', async () => {
    const { items, next_cursor } = await read('/v1/audit/events?limit=200');
    expect(items.map((event: { global_seq: number }) => event.global_seq)).toEqual(all(1, end));
    expect(next_cursor).toBeNull();
    expect(items[0]).toMatchObject({
      type: 'NodeRecorded',
      stream_id: 'node-hub',
      version: 1,
      center_key: null,
      data: { node_key: 'hub' },
    });
    expect(items[3]).toMatchObject({
      type: 'ResourceMarked',
      transfer_id: full.id,
      correlation_id: 'correlation-4',
      center_key: 'center-a',
    });
  });

  it('shows what nobody understands, and says so', async () => {
    const { items } = await read('/v1/audit/events?type=TransferDreamtOf');
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ folded: false, transfer_id: foreign.id, data: { dream: 'deep' } });
    expect(await read('/v1/audit/integrity')).toMatchObject({ entries_not_understood: 1, complete: true });
  });

  it.each([
    ['?actor=user:bob', [2, 8, 31]],
    [`?transfer_id=${marked.id}`, [27, 31]],
    [`?resource_kind=video&resource_hash=${marked.hash}`, [26, 27, 31]],
    ['?type=TransferFailed', [12, 19]],
    [`?from=${at(4)}&to=${at(6)}`, [4, 5]],
    ['?type=TransferFailed&actor=user:bob', []],
  ])('is narrowed by %s', async (query, expected) => {
    expect(await places(query)).toEqual(expected);
  });

  it('goes on behind its cursor', async () => {
    const { next_cursor } = await read('/v1/audit/events?limit=5');
    expect(await places(`?limit=3&cursor=${next_cursor}`)).toEqual([6, 7, 8]);
  });
});

describe('an auditor of one center', () => {
  it('sees the transfers of that center alone; those of others do not exist', async () => {
    const { items } = await read('/v1/audit/transfers', ofCenterA);
    expect(items.map((line: { transfer_id: string }) => line.transfer_id)).toEqual([full.id]);
    expect((await read('/v1/audit/transfers?center=center-b', ofCenterA)).items).toEqual([]);
    const answer = await auditor.get(`/v1/audit/transfers/${marked.id}`, ofCenterA);
    expect([answer.status, answer.body.code]).toEqual([404, 'unknown_transfer']);
    const unknown = await auditor.get('/v1/audit/transfers/00000000-0000-4000-8000-000000000000', ofCenterA);
    expect(unknown.body.detail).toBe(answer.body.detail);
    expect(
      (await auditor.get(`/v1/audit/transfers/${marked.id}`, { ...ofCenterA, centers: ['center-b'] })).status,
    ).toBe(200);
  });

  it('sees neither events of other centers nor those without one', async () => {
    const { items } = await read('/v1/audit/events?limit=200', ofCenterA);
    expect(new Set(items.map((event: { center_key: string }) => event.center_key))).toEqual(new Set(['center-a']));
    expect(items.map((event: { global_seq: number }) => event.global_seq)).toEqual(
      Array.from({ length: 23 }, (_, place) => place + 3),
    );
  });

  it('without a center sees nothing', async () => {
    expect((await read('/v1/audit/transfers', { ...ofCenterA, centers: [] })).items).toEqual([]);
    expect((await read('/v1/audit/events', { ...ofCenterA, centers: [] })).items).toEqual([]);
  });

  it('needs the role of an auditor', async () => {
    for (const path of ['transfers', `transfers/${full.id}`, 'events', 'integrity']) {
      const answer = await auditor.get(`/v1/audit/${path}`, { roles: ['hub_export:read', 'hub_export:operate'] });
      expect([answer.status, answer.body.code]).toEqual([403, 'role_missing']);
    }
  });
});

describe('a question that cannot be answered', () => {
  const cursor = (...values: unknown[]): string => Buffer.from(JSON.stringify(values)).toString('base64url');

  it.each([
    ['transfers/nonsense', 400, 'invalid_transfer_id'],
    ['transfers/00000000-0000-4000-8000-000000000000', 404, 'unknown_transfer'],
    [`events?from=${at(9)}&to=${at(8)}`, 400, 'invalid_range'],
    [`transfers?from=${at(9)}&to=${at(9)}`, 400, 'invalid_range'],
    ['events?from=yesterday', 400, 'invalid_request'],
    ['events?from=2026-02-30T00:00:00Z', 400, 'invalid_request'],
    ['events?to=0000-01-01T00:00:00Z', 400, 'invalid_request'],
    ['events?cursor=nonsense', 400, 'invalid_cursor'],
    [`events?cursor=${cursor(1.5)}`, 400, 'invalid_cursor'],
    [`transfers?cursor=${cursor(1e300)}`, 400, 'invalid_cursor'],
    ['transfers?cursor=' + cursor('1'), 400, 'invalid_cursor'],
    ['events?transfer_id=nonsense', 400, 'invalid_request'],
    ['transfers?status=arrived', 400, 'invalid_request'],
    ['transfers?resource_hash=abc', 400, 'invalid_request'],
    ['transfers?actor=bob', 400, 'invalid_request'],
    ['events?actor=user:%00', 400, 'invalid_request'],
    ['events?limit=201', 400, 'invalid_request'],
    ['integrity?at_least=-1', 400, 'invalid_request'],
    ['checkpoint', 404, 'not_found'],
  ])('%s is answered with %i %s', async (path, status, code) => {
    const answer = await auditor.get(`/v1/audit/${path}`);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('says that a position is not reached yet, after waiting for it', async () => {
    const answer = await auditor.get(`/v1/audit/transfers?at_least=${end + 1}`);
    expect([answer.status, answer.body.code]).toEqual([503, 'position_not_reached']);
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('the service', () => {
  it('is ready, and measures its record', async () => {
    const { status, body } = await auditor.get('/health/ready');
    expect([status, body.checks.map((check: { name: string; status: string }) => [check.name, check.status])]).toEqual([
      200,
      [
        ['database', 'up'],
        ['bus', 'up'],
        ['ingest', 'up'],
      ],
    ]);
    const { text } = await auditor.get('/metrics');
    expect(text).toMatch(new RegExp(`audit_position{.*} ${end}\n`));
    expect(text).toMatch(new RegExp(`audit_ingested{.*} ${end}\n`));
    expect(text).toMatch(/audit_missing_entries{.*} 0\n/);
    expect(text).toMatch(/audit_chain_findings{.*} 0\n/);
  });

  it('cannot change what it recorded, nor can the owner of the database', async () => {
    for (const change of [
      'UPDATE audit.entries SET type = type',
      'DELETE FROM audit.entries',
      'TRUNCATE audit.findings',
    ]) {
      await expect(database.query(change)).rejects.toThrow('only ever added to');
      await expect(database.query(`SET ROLE hub_export_audit; ${change}`)).rejects.toThrow('permission denied');
      await database.query('RESET ROLE');
    }
  });
});
