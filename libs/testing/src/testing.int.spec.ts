import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';
import { eventually } from './eventually.wait.js';
import { freshDatabase } from './fresh-database.server.js';
import { type FreshNats, freshNats } from './fresh-nats.server.js';

describe('eventually', () => {
  it('gives back what the check returned once it is content', async () => {
    let calls = 0;
    const value = await eventually(() => (++calls < 4 ? undefined : `call ${calls}`), { what: 'the fourth call' });
    expect(value).toBe('call 4');
  });

  it('takes zero and the empty text for an answer', async () => {
    expect(await eventually(() => 0, { what: 'a number' })).toBe(0);
    expect(await eventually(() => '', { what: 'a text' })).toBe('');
  });

  it('says what was awaited, and what was wrong at last', async () => {
    const failing = () => Promise.reject(new Error('still closed'));
    await expect(eventually(failing, { what: 'the door is open', withinMs: 20 })).rejects.toThrow(
      'Waited 20 ms in vain: the door is open. At last: still closed',
    );
    await expect(eventually(() => false, { what: 'it is so', withinMs: 20 })).rejects.toThrow('At last: it was false');
  });
});

describe('freshDatabase', () => {
  it('is empty, alone, and gone when dropped with a session still open', async () => {
    const [one, other] = [await freshDatabase(), await freshDatabase()];
    const client = new pg.Client({ connectionString: one.url });
    let ended = false;
    client.on('error', () => (ended = true));
    await client.connect();
    await client.query('CREATE TABLE thing (id int)');
    expect(await tablesOf(other.url)).toEqual([]);
    expect(await tablesOf(one.url)).toEqual(['thing']);

    await one.drop();
    await other.drop();
    await eventually(() => ended, { what: 'the open session is ended' });
    await expect(tablesOf(one.url)).rejects.toThrow('does not exist');
  });
});

describe('freshNats', () => {
  let nats: FreshNats;
  let connection: NatsConnection;

  beforeAll(async () => {
    nats = await freshNats();
    connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    await (await jetstreamManager(connection)).streams.add({ name: 'THINGS', subjects: ['thing'] });
    await jetstream(connection).publish('thing', 'one');
  });

  afterAll(async () => {
    await connection.close();
    await nats.stop();
  });

  it('keeps its streams and its port over a restart and over a crash', async () => {
    const before = nats.pid;
    await nats.restart();
    expect(await messagesThere()).toBe(1);
    await nats.kill();
    await nats.restart();
    expect(nats.pid).not.toBe(before);
    expect(await messagesThere()).toBe(1);
  });

  it('has lost every stream when it was wiped', async () => {
    await nats.wipe();
    await expect(messagesThere()).rejects.toThrow('stream not found');
  });

  async function messagesThere(): Promise<number> {
    await eventually(() => connection.rtt(), { what: 'the connection is back' });
    return (await (await jetstreamManager(connection)).streams.info('THINGS')).state.messages;
  }
});

async function tablesOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`;
    return (await client.query<{ tablename: string }>(tables)).rows.map((row) => row.tablename);
  } finally {
    await client.end();
  }
}
