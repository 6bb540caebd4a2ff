import { jest } from '@jest/globals';
import { EVENT_WRITERS } from '@hub-export/contracts';
import pg from 'pg';
import { GROUP_ROLES, type ServiceRole } from './group-roles.js';
import { PostgresEventStore } from './postgres-event-store.js';
import { openPool } from './postgres-pool.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';
import { event, request } from './testing/requests.js';

jest.setTimeout(30_000);

const ROLES = Object.keys(GROUP_ROLES) as ServiceRole[];
const DENIED = '42501';

describe('the log guards itself', () => {
  let log: FreshLog;
  beforeAll(async () => {
    log = await freshLog();
    await appendAs('transfer', 'TransferHeld');
  });
  afterAll(() => log.drop());

  /** The SQLSTATE a statement ends with, or 'done'. */
  async function attempt(url: string, ...statements: readonly string[]): Promise<string> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
      return 'done';
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await client.end();
    }
  }

  async function appendAs(role: ServiceRole, type: string): Promise<string> {
    const pool = openPool({ url: log.urls[role], applicationName: 'guards' });
    try {
      return (await new PostgresEventStore(pool).append(request({ events: [event({}, type)] }))).outcome;
    } catch (error) {
      return (error as { code?: string }).code ?? (error as { cause: { code: string } }).cause.code;
    } finally {
      await pool.end();
    }
  }

  const CHANGES = [
    `UPDATE log.events SET type = 'Other'`,
    'UPDATE log.events SET type = type WHERE false',
    'DELETE FROM log.events',
    'TRUNCATE log.events',
    'UPDATE log.commands SET position = 0',
    'DELETE FROM log.commands',
    'TRUNCATE log.commands',
  ];

  it.each(ROLES)('refuses %s to change or remove anything, by grant', async (role) => {
    const further = ['DELETE FROM log.documents', `UPDATE log.documents SET body = ''`, 'DELETE FROM log.leases'];
    const inserts = [
      `INSERT INTO log.writers VALUES ('${GROUP_ROLES[role]}', 'AnyThing')`,
      `UPDATE log.head SET global_seq = 0`,
      `INSERT INTO log.commands VALUES ('key', 'digest', 0)`,
      `SELECT log.write('{}', '{}')`,
      'ALTER TABLE log.events DISABLE TRIGGER ALL',
    ];
    for (const statement of [...CHANGES, ...further, ...inserts]) {
      expect([statement, await attempt(log.urls[role], statement)]).toEqual([statement, DENIED]);
    }
  });

  it('refuses the owner too, by trigger, and one who plays the replica', async () => {
    for (const statement of CHANGES) {
      expect([statement, await attempt(log.url, statement)]).toEqual([statement, DENIED]);
      const asReplica = await attempt(log.url, 'SET session_replication_role = replica', statement);
      expect([statement, asReplica]).toEqual([statement, DENIED]);
    }
    expect(await log.query('SELECT count(*)::int AS count FROM log.events')).toEqual([{ count: 1 }]);
  });

  it('lets each service append all of its own event types, and none of the other', async () => {
    const [marking, transfer] = [new Set<string>(EVENT_WRITERS.marking), new Set<string>(EVENT_WRITERS.transfer)];
    for (const type of new Set([...marking, ...transfer])) {
      const marked = await appendAs('marking', type);
      const sent = await appendAs('transfer', type);
      expect([type, marked, sent]).toEqual([
        type,
        marking.has(type) ? 'appended' : 'event_type_not_allowed',
        transfer.has(type) ? 'appended' : 'event_type_not_allowed',
      ]);
    }
    expect(await appendAs('transfer', 'NeverHeardOf')).toBe('event_type_not_allowed');
  });

  it('lets neither the reader nor the audit append', async () => {
    expect(await appendAs('reader', 'TransferHeld')).toBe(DENIED);
    expect(await appendAs('audit', 'TransferHeld')).toBe(DENIED);
  });

  it('shows the reader the log but no document, and the audit nothing', async () => {
    expect(await attempt(log.urls.reader, 'SELECT * FROM log.events')).toBe('done');
    expect(await attempt(log.urls.reader, 'SELECT * FROM log.documents')).toBe(DENIED);
    expect(await attempt(log.urls.audit, 'SELECT * FROM log.events')).toBe(DENIED);
  });

  it('lets no lease go back to an earlier token', async () => {
    const lowered = await attempt(
      log.urls.transfer,
      `INSERT INTO log.leases VALUES ('job', 7, 'one', now())`,
      `UPDATE log.leases SET token = 6 WHERE name = 'job'`,
    );
    expect(lowered).toBe(DENIED);
  });

  it('takes no document under a digest that is not its own', async () => {
    const digest = '0'.repeat(64);
    expect(await attempt(log.urls.transfer, `INSERT INTO log.documents VALUES ('${digest}', '{}')`)).toBe('23514');
  });

  it('does a command once that stands twice in one call', async () => {
    const client = new pg.Client({ connectionString: log.urls.transfer });
    await client.connect();
    const [once, again] = [wire(), wire()];
    const twice = JSON.stringify([once, { ...again, command_key: once['command_key'] }]);
    const { rows } = await client.query('SELECT log.append($1) AS results', [twice]);
    expect(rows[0].results).toMatchObject([
      { outcome: 'appended' },
      { outcome: 'repeated', eventIds: [once.events[0].id] },
    ]);
    await client.end();
  });

  it.each([
    ['too_many_requests', JSON.stringify(Array(201).fill({}))],
    ['too_many_events', JSON.stringify([{ ...wire(), events: Array(51).fill(wire().events[0]) }])],
    ['data_not_canonical', JSON.stringify([{ ...wire(), events: [{ ...wire().events[0], data: '{\n}' }] }])],
    [
      'violates check constraint "event_data_is_small"',
      JSON.stringify([{ ...wire(), events: [{ ...wire().events[0], data: `"${'x'.repeat(49_151)}"` }] }]),
    ],
    ['violates check constraint "stream_id_printable"', JSON.stringify([{ ...wire(), stream_id: 'a\nb' }])],
  ])('refuses by itself what a careless writer sends: %s', async (message, requests) => {
    const client = new pg.Client({ connectionString: log.urls.transfer });
    await client.connect();
    await expect(client.query('SELECT log.append($1)', [requests])).rejects.toThrow(message);
    await client.end();
  });
});

/** A request as the append function takes it. */
function wire(): { events: [{ id: string; type: string; data: string }]; [field: string]: unknown } {
  const [{ id, type }] = [event()] as const;
  return {
    stream_id: `transfer-${id}`,
    expected_version: 0,
    events: [{ id, type, data: '{}' }],
    command_key: id,
    digest: 'asked',
    correlation_id: 'correlation-1',
    causation_id: null,
  };
}
