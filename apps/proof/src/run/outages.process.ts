import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { eventually } from '@hub-export/testing';
import pg from 'pg';
import { setTimeout as pause } from 'node:timers/promises';
import { NO_FAULT } from '../plan/hub-fault.js';
import type { Trial } from './lane.process.js';
import type { ProofSite } from './proof-site.process.js';
import type { Servers } from './servers.process.js';
import { trial } from './trial.process.js';

const OUTAGE_MS = 1_500;
const TRANSFERS = 3;
const END_LIMIT_MS = 90_000;
const CONNECTIONS_MAX = 200;

/** Outages of the bus and of the database while transfers are on their way, and while a new one is ordered. */
export function outages(servers: Servers): readonly Trial[] {
  return [
    outage('bus', 'bus down', async ({ site }) => {
      await site.nats.kill();
      await pause(OUTAGE_MS);
      await site.nats.restart();
    }),
    outage('bus', 'bus restarted', ({ site }) => site.nats.restart()),
    outage('bus', 'bus wiped', ({ site }) => site.nats.wipe()),
    outage(
      'bus',
      'bus rolled back to an old snapshot',
      ({ site }) => site.nats.rollBack(),
      ({ site }) => site.nats.keep(),
    ),
    outage('bus', 'bus frozen', async ({ site }) => {
      process.kill(site.nats.pid, 'SIGSTOP');
      await pause(OUTAGE_MS);
      process.kill(site.nats.pid, 'SIGCONT');
    }),
    outage('bus', 'all consumers deleted', (proof) =>
      onBus(proof, async (manager) => {
        for (const stream of ['HUB_EXPORT', 'HUB_EXPORT_SITE'])
          for await (const { name } of manager.consumers.list(stream)) await manager.consumers.delete(stream, name);
      }),
    ),
    outage('bus', 'stream deleted', (proof) =>
      onBus(proof, async (manager) => void (await manager.streams.delete('HUB_EXPORT'))),
    ),
    outage('bus', 'stream full', (proof) =>
      onBus(proof, async (manager) => {
        const { config, state } = await manager.streams.info('HUB_EXPORT');
        await manager.streams.update('HUB_EXPORT', { max_bytes: state.bytes + 1 });
        await pause(OUTAGE_MS);
        await manager.streams.update('HUB_EXPORT', { max_bytes: config.max_bytes });
      }),
    ),
    outage('bus', 'a stranger’s message in the stream', publishAgain),
    outage('database', 'database killed and restarted', () => servers.restartPostgres()),
    outage('database', 'all sessions cut, again and again', async (proof) => {
      for (let round = 0; round < 8; round += 1) {
        await asOwner(proof, (client) => client.query(CUT_SESSIONS));
        await pause(OUTAGE_MS / 8);
      }
    }),
    outage('database', 'the head of the log locked by a slow writer', (proof) =>
      asOwner(proof, async (client) => {
        await client.query('BEGIN; SELECT * FROM log.head FOR UPDATE');
        await pause(OUTAGE_MS);
        await client.query('ROLLBACK');
      }),
    ),
    outage('database', 'no connection left', exhaustConnections),
    outage('database', 'database read only', async (proof) => {
      await asOwner(proof, (client) => client.query(`${readOnly(proof, 'on')}; ${CUT_SESSIONS}`));
      await pause(OUTAGE_MS);
      await asOwner(proof, async (client) => {
        await client.query('SET default_transaction_read_only = off');
        await client.query(`${readOnly(proof, 'off')}; ${CUT_SESSIONS}`);
      });
    }),
  ];
}

function outage(
  group: string,
  name: string,
  act: (proof: ProofSite) => Promise<void>,
  before: (proof: ProofSite) => Promise<void> = async () => undefined,
): Trial {
  return trial(group, name, async (proof) => {
    await before(proof);
    const expectation = { end: 'completed', cell: name } as const;
    // Slow answers keep them on their way while it happens.
    const slow = {
      ...NO_FAULT,
      rules: (transfer_key: string) => [delay(transfer_key, 'create'), delay(transfer_key, 'media')],
    };
    const underWay = [];
    for (let count = 0; count < TRANSFERS; count += 1)
      underWay.push(await proof.begin('report', 16 * 1024, slow, expectation));
    const acting = act(proof).then(() => performance.now());
    const [acted, ordered] = await Promise.allSettled([
      acting,
      proof.begin('report', 16 * 1024, NO_FAULT, expectation),
    ]);
    const healed = valueOf(acted);
    for (const resource of [...underWay, valueOf(ordered)]) await proof.ended(resource, END_LIMIT_MS);
    const recoveryMs = Math.round(performance.now() - healed);
    await proof.allReady();
    return { recoveryMs };
  });
}

function valueOf<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === 'fulfilled') return settled.value;
  throw settled.reason;
}

function delay(transfer_key: string, step: 'create' | 'media') {
  return { step, transfer_key, action: { type: 'delay', ms: 400, when: 'after' } } as const;
}

type Manager = Awaited<ReturnType<typeof jetstreamManager>>;

async function onBus({ site }: ProofSite, act: (manager: Manager) => Promise<void>): Promise<void> {
  const connection = await connect({ servers: site.nats.url });
  try {
    await act(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

/** A copy of the newest message under another id, as a publisher would make that had lost its memory. */
async function publishAgain({ site }: ProofSite): Promise<void> {
  const connection = await connect({ servers: site.nats.url });
  try {
    const manager = await jetstreamManager(connection);
    // A stream that an outage before took away may just be there again, and be empty for as long as it takes to fill it.
    const message = await eventually(() => newestMessage(manager), { what: 'the bus holds a message' });
    const own = headers();
    own.set('Nats-Msg-Id', 'a-stranger');
    connection.publish(message.subject, message.data, { headers: own });
    await connection.flush();
  } finally {
    await connection.close();
  }
}

async function newestMessage(manager: Manager): Promise<StoredMsg | null> {
  const { last_seq } = (await manager.streams.info('HUB_EXPORT')).state;
  return last_seq === 0 ? null : manager.streams.getMessage('HUB_EXPORT', { seq: last_seq });
}

const CUT_SESSIONS =
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';

function readOnly({ site }: ProofSite, how: 'on' | 'off'): string {
  return `ALTER DATABASE ${new URL(site.database.url).pathname.slice(1)} SET default_transaction_read_only = ${how}`;
}

async function asOwner(proof: ProofSite, act: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = await eventually(() => connected(proof), { what: 'a connection to the database' });
  try {
    await act(client);
  } finally {
    await client.end();
  }
}

/** The other site's outage may just be going on, on the same server. */
async function connected({ site }: ProofSite): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: site.database.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Takes every connection the server gives to ordinary users, after the sessions of the services were ended. */
async function exhaustConnections(proof: ProofSite): Promise<void> {
  const taken: pg.Client[] = [];
  await asOwner(proof, (client) => client.query(CUT_SESSIONS));
  try {
    for (let count = 0; count < CONNECTIONS_MAX; count += 1) {
      const client = await connected(proof).catch(() => null);
      if (client === null) break;
      taken.push(client);
    }
    await pause(OUTAGE_MS);
  } finally {
    await Promise.all(taken.map((client) => client.end()));
  }
}
