import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import pg from 'pg';
import { StoreUnavailable, UnknownCommit } from './errors.js';
import type { AppendRequest, AppendResult } from './event-store.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { PostgresLeaseStore } from './postgres-lease-store.js';
import { openPool } from './postgres-pool.js';
import { readEverything } from './testing/event-store.contract.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';
import { event, freshStream, request } from './testing/requests.js';

jest.setTimeout(30_000);

describe('writers that meet, give up or are killed', () => {
  let log: FreshLog;
  beforeEach(async () => {
    log = await freshLog();
  });
  afterEach(() => log.drop());

  const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = $1`;

  /** Sends a command again until it is answered, as a caller does that was told "unknown". */
  async function persist(store: PostgresEventStore, asked: AppendRequest): Promise<AppendResult> {
    for (;;) {
      try {
        return await store.append(asked);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
      }
    }
  }

  /** A writer that appends in a transaction of its own and then gives it up. */
  async function giveUp(requests: readonly object[]): Promise<void> {
    const client = new pg.Client({ connectionString: log.url });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT log.append($1)', [JSON.stringify(requests)]);
    await client.query('ROLLBACK');
    await client.end();
  }

  it('leave no gap, lose nothing that was answered, and never show a reader a later event before an earlier', async () => {
    const pools = [1, 2, 3].map(() =>
      openPool({ url: log.urls.transfer, applicationName: 'victim', connectionsMax: 2 }),
    );
    const stores = pools.map((pool) => new PostgresEventStore(pool));
    const readerPool = openPool({ url: log.urls.reader, applicationName: 'polling reader' });
    const reader = new PostgresEventStore(readerPool);
    let isOver = false;

    const reading = (async () => {
      const seen: number[] = [];
      while (!isOver || (await reader.position()) > seen.length) {
        seen.push(...(await reader.readAll(seen.at(-1) ?? 0, 50)).map(({ globalSeq }) => globalSeq));
      }
      return seen;
    })();
    const killing = (async () => {
      while (!isOver) {
        await log.query(TERMINATE, ['victim']);
        const id = event().id;
        await giveUp([
          {
            stream_id: `transfer-${id}`,
            expected_version: 0,
            events: [{ id, type: 'TransferHeld', data: '{}' }],
            command_key: id,
            digest: 'd',
            correlation_id: 'c',
          },
        ]);
      }
    })();
    const asked = Array.from({ length: 600 }, () => request());
    const results: AppendResult[] = [];
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let place = writer; place < asked.length; place += 12) {
        results.push(await persist(stores[writer % 3] as PostgresEventStore, asked[place] as AppendRequest));
      }
    });
    await Promise.all(writers);
    isOver = true;
    await killing;

    const seen = await reading;
    expect(seen).toEqual(Array.from({ length: 600 }, (_, place) => place + 1));
    const events = await readEverything(reader);
    expect(new Set(events.map(({ streamId }) => streamId)).size).toBe(600);
    expect(results.every(({ outcome }) => outcome === 'appended' || outcome === 'repeated')).toBe(true);
    await Promise.all([...pools, readerPool].map((pool) => pool.end()));
  });

  it('tells a caller whose connection is killed that the commit is unknown, and does the command once when it is sent again', async () => {
    const pool = openPool({ url: log.urls.transfer, applicationName: 'victim' });
    const store = new PostgresEventStore(pool);
    const blocker = new pg.Client({ connectionString: log.url });
    await blocker.connect();
    await blocker.query('BEGIN');
    await blocker.query('SELECT * FROM log.head FOR UPDATE');

    const asked = request();
    const answer = store.append(asked).catch((error: unknown) => error);
    const isWaiting = async (): Promise<boolean> => {
      const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'`;
      return (await log.query(waiting)).length === 1;
    };
    await eventually(isWaiting, { what: 'the append waits for the head row' });
    await log.query(TERMINATE, ['victim']);
    expect(await answer).toBeInstanceOf(UnknownCommit);
    await blocker.query('ROLLBACK');
    await blocker.end();

    expect(await store.append(asked)).toMatchObject({ outcome: 'appended', version: 1 });
    expect(await store.append(asked)).toMatchObject({ outcome: 'repeated' });
    await pool.end();
  });

  it('go on by themselves after every connection was cut, idle ones too', async () => {
    const reports: string[] = [];
    const pool = openPool({ url: log.urls.transfer, applicationName: 'victim', report: (code) => reports.push(code) });
    const store = new PostgresEventStore(pool);
    await Promise.all([store.append(request()), store.position(), store.position(), store.position()]);
    await log.query(TERMINATE, ['victim']);
    await eventually(() => pool.totalCount === 0, { what: 'the pool has noticed' });
    expect(reports.length).toBeGreaterThan(0);
    expect((await store.append(request())).outcome).toBe('appended');
    await pool.end();
  });

  it('survive a connection that breaks between being handed out and being used', async () => {
    const pool = openPool({ url: log.urls.transfer, applicationName: 'victim' });
    const client = await pool.connect();
    let isOver = false;
    client.on('end', () => (isOver = true));
    await log.query(TERMINATE, ['victim']);
    await eventually(() => isOver, { what: 'the connection is cut' });
    client.release();
    expect((await new PostgresEventStore(pool).append(request())).outcome).toBe('appended');
    await pool.end();
  });

  it('cannot slip an append in after their lease was taken over, even when both come at once', async () => {
    const pool = openPool({ url: log.urls.transfer, applicationName: 'fenced' });
    const [store, leases] = [new PostgresEventStore(pool), new PostgresLeaseStore(pool)];
    for (let round = 0; round < 20; round += 1) {
      const [lease, streamId] = [`job-${round}`, freshStream()];
      const token = (await leases.take(lease, 'old', 60_000)) as number;
      const old = store.append(request({ streamId, fence: { lease, token } }));
      await leases.release(lease, token);
      const next = (await leases.take(lease, 'new', 60_000)) as number;
      const version = (await store.readStream(streamId)).length;
      const { outcome } = await old;
      // What the new holder reads after taking the lease is all there will ever be of the old one.
      expect(outcome).toBe(version === 1 ? 'appended' : 'fenced');
      const renewed = request({ streamId, expectedVersion: version, fence: { lease, token: next } });
      expect((await store.append(renewed)).outcome).toBe('appended');
    }
    await pool.end();
  });
});
