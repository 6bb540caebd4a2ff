import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type AuditDatabase, freshAuditDatabase } from '../testing/audit.testing.js';
import {
  type EventFilter,
  eventListStatement,
  PLACES_OF_TIME,
  refusalsStatement,
  type Statement,
  type TransferFilter,
  transferListStatement,
} from './record-lists.js';

// Real here: PostgreSQL and its planner. Made up: a long record, written into the tables.
jest.setTimeout(120_000);

const EVENTS = 120_000;
const LIMIT = 50;
/** Whose only events are the very first, and a center that has none. */
const [RARE, UNKNOWN] = ['center-rare', 'center-unknown'];

let database: AuditDatabase;

beforeAll(async () => {
  database = await freshAuditDatabase();
  await database.query(LONG_RECORD, [EVENTS]);
  await database.query('VACUUM ANALYZE');
});

afterAll(() => database.drop());

/** A node of a plan, as PostgreSQL tells it. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** The lines that a statement gives, and those that it looks at in tables and indexes. */
async function lookedAt({ sql, values }: Statement): Promise<{ given: number; lines: number }> {
  const [answer] = await database.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
    [...values],
  );
  const top = answer?.['QUERY PLAN'][0]?.Plan as PlanNode;
  const scans = nodesOf(top).filter((node) => node['Relation Name'] !== undefined);
  const lines = scans.reduce(
    (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    0,
  );
  return { given: top['Actual Rows'], lines };
}

function nodesOf(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

const middle = { first: EVENTS / 2 };
const hash = (life: number): string => String(life).padStart(64, '0');

describe(`a page of ${EVENTS} events looks at its own lines alone`, () => {
  it.each<[string, Partial<EventFilter>, number]>([
    ['everything', {}, 51],
    ['everything from the middle on', { places: middle }, 51],
    ['a type', { type: 'UploadStarted' }, 51],
    ['a type from the middle on', { type: 'UploadStarted', places: middle }, 51],
    ['an actor', { actor: 'user:operator-7' }, 51],
    ['an actor from the middle on', { actor: 'user:operator-7', places: middle }, 51],
    ['a center from the middle on', { center: 'center-3', places: middle }, 51],
    ['a transfer', { transfer_id: '00000000-0000-4000-8000-000000000042' }, 5],
    ['a resource', { resource_hash: hash(42) }, 6],
    ['what was refused', { outcome: 'refused' }, 51],
    ['one center of the caller', { centers: ['center-3'] }, 51],
    ['a center that is not the caller’s', { center: 'center-3', centers: ['center-4', RARE] }, 0],
    ['a center that has none', { centers: [UNKNOWN] }, 0],
  ])('%s', async (_name, filter, given) => {
    const statement = eventListStatement({ places: {}, centers: 'all', ...filter }, { limit: LIMIT, after: undefined });
    const looked = await lookedAt(statement);
    expect(looked.given).toBe(given);
    // Its places, its lines, and their entries.
    expect(looked.lines).toBeLessThanOrEqual(3 * (LIMIT + 1));
  });

  it.each<[string, readonly string[], Partial<EventFilter>, number]>([
    ['common ones', ['center-3', 'center-4', 'center-5'], {}, 51],
    ['one that is common, and one that is not', ['center-3', RARE], {}, 51],
    ['some that are not common', [RARE, UNKNOWN], {}, 20],
    ['one whose events are long past', [RARE, UNKNOWN], { places: middle }, 0],
    ['of a kind', ['center-3', RARE], { resource_kind: 'video' }, 51],
    [
      'of a kind in a center whose events are long past',
      [RARE, UNKNOWN],
      { resource_kind: 'video', places: middle },
      0,
    ],
  ])('of several centers: %s', async (_name, centers, filter, given) => {
    const statement = eventListStatement({ places: {}, ...filter, centers }, { limit: LIMIT, after: undefined });
    const looked = await lookedAt(statement);
    expect(looked.given).toBe(given);
    expect(looked.lines).toBeLessThanOrEqual((centers.length + 2) * (LIMIT + 1) + LIMIT);
  });

  it('finds the places of a range of time by two looks', async () => {
    const { lines } = await lookedAt({ sql: PLACES_OF_TIME, values: ['2026-01-01T03:00:00Z', '2026-01-01T06:00:00Z'] });
    expect(lines).toBe(2);
  });
});

describe('a page of transfers looks at its own lines alone', () => {
  it.each<[string, Partial<TransferFilter>, number]>([
    ['everything', {}, 51],
    ['a status', { status: 'completed' }, 51],
    ['an actor', { actor: 'user:operator-7' }, 51],
    ['a center', { center: 'center-3', places: middle }, 51],
    ['several centers', { centers: ['center-3', 'center-4', RARE] }, 51],
    ['a kind in centers that are not common', { centers: [RARE, UNKNOWN], resource_kind: 'video' }, 4],
    ['centers that are not common', { centers: [RARE, UNKNOWN] }, 4],
    ['a center that is not the caller’s', { center: 'center-3', centers: [RARE] }, 0],
  ])('%s', async (_name, filter, given) => {
    const statement = transferListStatement(
      { places: {}, centers: 'all', ...filter },
      { limit: LIMIT, after: undefined },
    );
    const looked = await lookedAt(statement);
    expect(looked.given).toBe(given);
    expect(looked.lines).toBeLessThanOrEqual(4 * (LIMIT + 1));
  });
});

describe('the refusals of a transfer', () => {
  it('are found beside a great many of others, also those before there was a transfer', async () => {
    const statement = refusalsStatement(
      {
        transfer_id: '00000000-0000-4000-8000-000000000042',
        resource_kind: 'video',
        resource_hash: hash(42),
        target_node_key: 'hub',
      },
      LIMIT,
    );
    const looked = await lookedAt(statement);
    expect(looked.given).toBe(2);
    expect(looked.lines).toBeLessThanOrEqual(4 * EVENTS_A_LIFE);
  });
});

const EVENTS_A_LIFE = 6;

/** Lives of six events each, of which two are refusals: one before the transfer is marked, one after. */
const LONG_RECORD = `
WITH made AS (
  SELECT n AS seq, (n - 1) / 6 AS life, (n - 1) % 6 AS place,
    CASE WHEN n <= 20 THEN '${RARE}' ELSE 'center-' || ((n - 1) / 6) % 20 END AS center,
    ('00000000-0000-4000-8000-' || lpad(((n - 1) / 6)::text, 12, '0'))::uuid AS transfer,
    lpad(((n - 1) / 6)::text, 64, '0') AS hash,
    'user:operator-' || ((n - 1) / 6) % 50 AS actor
  FROM generate_series(1, $1::int) n),
entries AS (
  INSERT INTO audit.entries (global_seq, stream_id, version, event_id, type, data_text, correlation_id, recorded_at,
    entry_hash)
  SELECT seq, 'filler', seq, md5(seq::text), 'Filler', '{}', 'filler', '2026-01-01T00:00:00Z', repeat('0', 64) FROM made),
transfers AS (
  INSERT INTO audit.transfers (transfer_id, first_seq, status, target_node_key, resource_kind, resource_hash, center_key,
    record)
  SELECT transfer, seq, 'completed', 'hub', 'video', hash, center, '{}' FROM made WHERE place = 1),
actors AS (
  INSERT INTO audit.transfer_actors SELECT actor, seq, transfer FROM made WHERE place = 1)
INSERT INTO audit.actions (global_seq, recorded_at, type, actor, outcome, transfer_id, resource_kind, resource_hash,
  center_key, target_node_key, folded)
SELECT seq, '2026-01-01T00:00:00Z'::timestamptz + seq * interval '1 second',
  (ARRAY['CommandRefused', 'ResourceMarked', 'TransferQueued', 'CommandRefused', 'UploadStarted', 'TransferCompleted'])
    [1 + place],
  actor, CASE WHEN place IN (0, 3) THEN 'refused' ELSE 'done' END, CASE WHEN place > 0 THEN transfer END, 'video', hash,
  center, 'hub', true FROM made`;
