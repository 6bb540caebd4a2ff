import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, documentDigest, type RecordedEvent } from '@hub-export/contracts';
import fc from 'fast-check';
import { DataSource, type EntityManager } from 'typeorm';
import { TestSite } from '../testing/marking.testing.js';
import { HUBS, logOf, SNAPSHOTS, wholeLife } from './happenings.testing.js';
import { MarkingProjection } from './marking.projection.js';
import { VIEW_ENTITIES } from './view.entity.js';

const happenings = fc.array(
  fc.record({
    resource: fc.integer({ min: 1, max: 3 }),
    hub: fc.option(fc.constantFrom(...HUBS), { freq: 4 }),
    choice: fc.integer({ min: 0, max: 11 }),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
);

describe('the views, with the real PostgreSQL', () => {
  let site: TestSite;
  let source: DataSource;

  beforeAll(async () => {
    site = await TestSite.open();
    for (const snapshot of SNAPSHOTS) await putDocument(snapshot);
    source = await new DataSource({ type: 'postgres', url: site.database.url, entities: VIEW_ENTITIES }).initialize();
  });
  afterAll(async () => {
    await source.destroy();
    await site.close();
  });

  it('are the same however the log is cut into batches, and tell the standing that the transfers give', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(happenings, cuts, async (happened, sizes) => {
        const log = logOf(happened);
        const oneByOne = await viewsAfter(log.map((event) => [event]));
        expect(await viewsAfter([log])).toEqual(oneByOne);
        expect(await viewsAfter(cut(log, sizes))).toEqual(oneByOne);
        expect(oneByOne.resources.map(({ standing, completed_for }) => ({ standing, completed_for }))).toEqual(
          oneByOne.standings,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('take no look at what is there for lives that begin in the batch', async () => {
    const log = logOf(wholeLife(1));
    await source.transaction(async (tx) => {
      const asked: string[] = [];
      const query = tx.query.bind(tx);
      tx.query = (sql: string, values?: unknown[]) => {
        asked.push(sql.trim().split(/\s+/)[0] ?? '');
        return query(sql, values);
      };
      await new MarkingProjection().apply(log, tx);
      // The transfer, the snapshot, the line and the state.
      expect(asked).toEqual(['INSERT', 'SELECT', 'INSERT', 'INSERT']);
    });
  });

  async function putDocument(body: (typeof SNAPSHOTS)[number]): Promise<void> {
    const text = canonicalJson(body);
    await site.rows('INSERT INTO log.documents (digest, body) VALUES ($1, $2)', [documentDigest(body), text]);
  }

  /** What the tables hold after these batches, each applied as the runner does it. */
  async function viewsAfter(batches: readonly (readonly RecordedEvent[])[]) {
    return source.transaction(async (tx) => {
      const projection = new MarkingProjection();
      await projection.reset(tx);
      for (const batch of batches) await projection.apply(batch, tx);
      return {
        resources: await rows<Record<string, unknown>>(
          tx,
          'SELECT *, created_at::text AS created FROM marking.resources ORDER BY resource_hash',
        ),
        states: await rows(tx, 'SELECT * FROM marking.resource_states ORDER BY resource_hash'),
        transfers: await rows(tx, 'SELECT * FROM marking.transfers ORDER BY transfer_id'),
        standings: await rows(tx, STANDINGS),
      };
    });
  }
});

/** How each resource stands, told by the database from the table of transfers. */
const STANDINGS = `SELECT
    coalesce((jsonb_object_agg(t.target_node_key, t.status ORDER BY t.marked_at) FILTER (WHERE t.status IS NOT NULL)
      || jsonb_build_object('', (array_agg(t.status ORDER BY t.marked_at DESC))[1]))::text, '{}') AS standing,
    coalesce(array_agg(t.target_node_key ORDER BY t.target_node_key COLLATE "C") FILTER (WHERE t.status = 'completed'),
      '{}') AS completed_for
  FROM marking.resources r LEFT JOIN marking.transfers t USING (resource_hash, resource_kind)
  GROUP BY r.resource_hash ORDER BY r.resource_hash`;

async function rows<Row = unknown>(tx: EntityManager, sql: string): Promise<readonly Row[]> {
  return tx.query<Row[]>(sql);
}

function cut(log: readonly RecordedEvent[], sizes: readonly number[]): readonly (readonly RecordedEvent[])[] {
  const batches: (readonly RecordedEvent[])[] = [];
  for (let from = 0; from < log.length; from += batches.at(-1)?.length ?? 0) {
    batches.push(log.slice(from, from + (sizes[batches.length % sizes.length] ?? 1)));
  }
  return batches;
}
