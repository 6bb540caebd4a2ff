import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import type { RecordedEvent } from '@hub-export/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { READ_EVENTS_MAX } from './append-limits.js';
import { emptyTable } from './empty-table.js';
import { PostgresAppendSignal } from './postgres-append-signal.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { openPool, survivesLostConnections } from './postgres-pool.js';
import type { Projection } from './projection.js';
import { PROJECTION_BATCH, ProjectionRunner } from './projection-runner.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';
import { event, request } from './testing/requests.js';

jest.setTimeout(30_000);

/** Counts events and keeps a text that depends on their order: applying one twice, or out of order, shows. */
class Tally implements Projection {
  readonly name = 'tally';
  rebuildBatch?: number;
  beforeApply: (events: readonly RecordedEvent[]) => Promise<void> = async () => undefined;

  async reset(tx: EntityManager): Promise<void> {
    await tx.query(`UPDATE transfer.tally SET count = 0, trace = ''`);
  }

  async apply(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
    for (const { globalSeq } of events) {
      await tx.query('UPDATE transfer.tally SET count = count + 1, trace = md5(trace || $1)', [globalSeq]);
    }
    await this.beforeApply(events);
  }
}

describe('a projection', () => {
  let log: FreshLog;
  let pool: ReturnType<typeof openPool>;
  let store: PostgresEventStore;
  let sources: DataSource[];

  beforeEach(async () => {
    log = await freshLog();
    pool = openPool({ url: log.urls.transfer, applicationName: 'store' });
    store = new PostgresEventStore(pool);
    sources = await Promise.all([1, 2].map(() => openSource()));
    await sources[0]?.query(`CREATE TABLE transfer.tally (count int NOT NULL, trace text NOT NULL)`);
    await sources[0]?.query(`INSERT INTO transfer.tally VALUES (0, '')`);
  });
  afterEach(async () => {
    for (const source of sources) await source.destroy();
    await pool.end();
    await log.drop();
  });

  function openSource(): Promise<DataSource> {
    const extra = { max: 4, application_name: 'projection', ...survivesLostConnections };
    return new DataSource({
      type: 'postgres',
      url: log.urls.transfer,
      extra,
      poolErrorHandler: () => undefined,
    }).initialize();
  }

  function runner(place = 0, projection: Projection = new Tally(), signal?: PostgresAppendSignal): ProjectionRunner {
    const dataSource = sources[place] as DataSource;
    return new ProjectionRunner({ store, dataSource, projection, ...(signal === undefined ? {} : { signal }) });
  }

  async function append(count: number): Promise<number> {
    await Promise.all(
      Array.from({ length: count }, (_, place) => store.append(request({ events: [event({ place })] }))),
    );
    return store.position();
  }

  async function view(): Promise<{ count: number; trace: string }> {
    const [row] = await log.query<{ count: number; trace: string }>('SELECT count, trace FROM transfer.tally');
    return row as { count: number; trace: string };
  }

  /** What applying the events 1..n once and in order leads to. */
  async function expected(count: number): Promise<{ count: number; trace: string }> {
    const [row] = await log.query<{ trace: string }>(
      `WITH RECURSIVE fold(n, trace) AS (
         SELECT 0, '' UNION ALL SELECT n + 1, md5(trace || (n + 1)) FROM fold WHERE n < $1)
       SELECT trace FROM fold WHERE n = $1`,
      [count],
    );
    return { count, trace: row?.trace ?? '' };
  }

  it('empties a table of any size by statements of one size, and others see it whole until it is done', async () => {
    const seen = async () => (await log.query<{ n: number }>('SELECT count(*)::int AS n FROM transfer.many'))[0]?.n;
    await log.query('CREATE TABLE transfer.many (n integer)');
    await log.query('GRANT ALL ON transfer.many TO PUBLIC');
    // A page takes 226 of them; what was emptied before leaves its pages behind.
    for (const rows of [0, 1, 226, 227, 2_000]) {
      await log.query('INSERT INTO transfer.many SELECT generate_series(1, $1::int)', [rows]);
      await (sources[0] as DataSource).transaction(async (tx) => {
        await emptyTable(tx, 'transfer.many', 2);
        expect(await tx.query('SELECT n FROM transfer.many')).toEqual([]);
        expect(await seen()).toBe(rows);
      });
      expect(await seen()).toBe(0);
    }
  });

  it('applies every event once and in order, batch by batch, and tells its position', async () => {
    const end = await append(PROJECTION_BATCH + 20);
    const tally = runner();
    expect(await tally.position()).toBe(0);
    expect(await tally.runOnce()).toEqual({ applied: PROJECTION_BATCH, position: PROJECTION_BATCH });
    expect(await tally.runOnce()).toEqual({ applied: 20, position: end });
    expect(await tally.runOnce()).toEqual({ applied: 0, position: end });
    expect(await view()).toEqual(await expected(end));
  });

  it('applies every event once though two run it, are restarted and have their connections cut', async () => {
    const runners = [runner(0), runner(1)];
    for (const each of runners) each.start();
    for (let round = 0; round < 6; round += 1) {
      await append(50);
      await log.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'projection'`,
      );
      const restarted = runners[round % 2] as ProjectionRunner;
      await restarted.stop();
      restarted.start();
    }
    const end = await store.position();
    await eventually(async () => (await runners[0]?.position().catch(() => 0)) === end, {
      what: 'the view holds the log',
    });
    for (const each of runners) await each.stop();
    expect(await view()).toEqual(await expected(end));
  });

  it('keeps nothing of a batch that failed, and applies it whole the next time', async () => {
    const end = await append(10);
    const projection = new Tally();
    projection.beforeApply = async () => {
      throw new Error('no');
    };
    const tally = runner(0, projection);
    await expect(tally.runOnce()).rejects.toThrow('no');
    expect([await tally.position(), (await view()).count]).toEqual([0, 0]);
    projection.beforeApply = async () => undefined;
    expect(await tally.runOnce()).toEqual({ applied: 10, position: end });
  });

  it('leaves a batch to the runner that is at it, and takes its position from there', async () => {
    const end = await append(10);
    const projection = new Tally();
    let whileApplying: unknown;
    projection.beforeApply = async () => {
      whileApplying = await runner(1).runOnce();
    };
    await runner(0, projection).runOnce();
    expect(whileApplying).toEqual({ applied: 0, position: 0 });
    expect(await runner(1).runOnce()).toEqual({ applied: 0, position: end });
  });

  it('lets a reader wait for its own write, in every process, and says when it did not come in time', async () => {
    const signal = new PostgresAppendSignal(log.urls.transfer);
    signal.start();
    const [one, other] = [runner(0, new Tally(), signal), runner(1)];
    one.start();
    other.start();
    for (let round = 0; round < 10; round += 1) {
      const position = await append(1);
      expect(await Promise.all([one.waitFor(position, 5_000), other.waitFor(position, 5_000)])).toEqual([true, true]);
      expect((await view()).count).toBeGreaterThanOrEqual(position);
    }
    expect(await one.waitFor((await store.position()) + 1, 20)).toBe(false);
    const waiting = [one.waitFor(1_000_000, 60_000), one.waitFor(1_000_000, 60_000)];
    await one.stop();
    expect(await Promise.all(waiting)).toEqual([false, false]);
    await other.stop();
    await signal.stop();
  });

  it('is rebuilt while it serves: readers see the old view until the new one is whole, and it equals the old', async () => {
    const end = await append(PROJECTION_BATCH + 50);
    const projection = new Tally();
    const tally = runner(0, projection);
    while ((await tally.runOnce()).applied > 0);
    await log.query(`UPDATE transfer.tally SET count = -1, trace = 'spoiled'`);

    const seen: number[] = [];
    projection.beforeApply = async () => {
      seen.push((await view()).count);
      expect(await runner(1).runOnce()).toEqual({ applied: 0, position: end });
    };
    expect(await tally.rebuild()).toEqual({ applied: end, position: end });
    expect(seen).toEqual([-1, -1]);
    expect(await view()).toEqual(await expected(end));

    projection.beforeApply = async () => undefined;
    const after = await append(5);
    expect(await runner(1).runOnce()).toEqual({ applied: 5, position: after });
    expect(await view()).toEqual(await expected(after));
  });

  it('is given as much at a time as it asks for, while it is rebuilt, and each event once', async () => {
    const end = await append(READ_EVENTS_MAX + 50);
    const projection = new Tally();
    projection.rebuildBatch = READ_EVENTS_MAX + 20;
    const sizes: number[] = [];
    projection.beforeApply = async ({ length }) => void sizes.push(length);
    const tally = runner(0, projection);
    expect(await tally.rebuild()).toEqual({ applied: end, position: end });
    expect(sizes).toEqual([READ_EVENTS_MAX + 20, 30]);
    expect(await tally.runOnce()).toEqual({ applied: 0, position: end });
    expect(await view()).toEqual(await expected(end));
  });

  it('reads what comes next while it is rebuilt, and tells alone what went wrong first', async () => {
    await append(PROJECTION_BATCH * 2);
    const reads: number[] = [];
    const readAll = store.readAll.bind(store);
    store.readAll = async (after, limit) => {
      reads.push(after);
      if (after > 0) throw new Error('not read');
      return readAll(after, limit);
    };
    const projection = new Tally();
    projection.beforeApply = async () => {
      await eventually(() => reads.length === 2, { what: 'the next batch is read' });
      throw new Error('not applied');
    };
    await expect(runner(0, projection).rebuild()).rejects.toThrow('not applied');
    projection.beforeApply = async () => undefined;
    await expect(runner(0, projection).rebuild()).rejects.toThrow('not read');
    expect(await view()).toEqual({ count: 0, trace: '' });
  });

  it('keeps the old view when a rebuild fails in the middle', async () => {
    const end = await append(PROJECTION_BATCH + 50);
    const projection = new Tally();
    const tally = runner(0, projection);
    while ((await tally.runOnce()).applied > 0);
    const before = await view();
    projection.beforeApply = async (events) => {
      if (events[0]?.globalSeq !== 1) throw new Error('half-way');
    };
    await expect(tally.rebuild()).rejects.toThrow('half-way');
    expect([await view(), await tally.position()]).toEqual([before, end]);
  });
});
