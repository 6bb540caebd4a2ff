import { spawn } from 'node:child_process';
import { mkdtempSync, chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type PostgresServer, startPostgres } from './postgres.server.js';
import { isAlive } from './server.process.js';
import { unprivilegedUser } from './server.user.js';

describe('a local PostgreSQL', () => {
  const home = mkdtempSync(join(tmpdir(), 'hub-export-postgres-'));
  const options = { dataDir: join(home, 'data'), durable: false };
  let server: PostgresServer;

  beforeAll(async () => {
    chmodSync(home, 0o755);
    server = await startPostgres(options);
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('is reached on loopback alone, with its password alone', async () => {
    expect(await query(server.url, 'SHOW listen_addresses')).toBe('127.0.0.1');
    expect(await query(server.url, 'SHOW unix_socket_directories')).toBe('');
    const wrong = new URL(server.url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(statSync(`${options.dataDir}.password`).mode & 0o777).toBe(0o600);
  });

  it('writes no statement and no value of one into its log', async () => {
    await query(server.url, `CREATE TABLE unique_thing (name text PRIMARY KEY)`);
    await query(server.url, `INSERT INTO unique_thing VALUES ('Mrs Example')`);
    await expect(query(server.url, `INSERT INTO unique_thing VALUES ('Mrs Example')`)).rejects.toThrow('duplicate key');
    const log = readFileSync(`${options.dataDir}.log`, 'utf8');
    expect(log).toContain('duplicate key');
    expect(log).not.toContain('Mrs Example');
  });

  it('is taken up where it runs already, not started twice', async () => {
    const again = await startPostgres(options);
    expect([again.pid, again.port]).toEqual([server.pid, server.port]);
  });

  it('keeps its data and its port when it was killed', async () => {
    await query(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await query(server.url, 'CHECKPOINT');
    const { pid, port } = server;
    await server.kill();
    expect(await server.exited).toBeNull();
    server = await startPostgres(options);
    expect(server.pid).not.toBe(pid);
    expect(server.port).toBe(port);
    expect(await query(server.url, 'SELECT answer FROM kept')).toBe(42);
  });

  it('starts beside the note of a killed run whose process number another process has now', async () => {
    const note = join(options.dataDir, 'postmaster.pid');
    const text = readFileSync(note, 'utf8');
    await server.stop();
    const other = spawn('sleep', ['60'], { cwd: '/', stdio: 'ignore', ...unprivilegedUser() });
    try {
      writeFileSync(note, text.replace(/^\d+/, String(other.pid)));
      server = await startPostgres(options);
      expect(server.pid).not.toBe(other.pid);
      expect(await query(server.url, 'SELECT 1 AS one')).toBe(1);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('says why it does not start', async () => {
    await server.stop();
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    try {
      await expect(startPostgres({ ...options, port })).rejects.toThrow(/could not bind IPv4 address/);
    } finally {
      holder.close();
    }
    server = await startPostgres(options);
  });

  it('refuses data whose password is lost, instead of making a second one', async () => {
    await server.stop();
    const file = `${options.dataDir}.password`;
    const password = readFileSync(file);
    rmSync(file);
    await expect(startPostgres(options)).rejects.toThrow('the file with their password');
    writeFileSync(file, password, { mode: 0o600 });
    server = await startPostgres(options);
  });

  it('has ended when stop() returns, and may be stopped twice', async () => {
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    await server.stop();
    expect(await server.exited).toBe(0);
  });
});

async function query(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const row = (await client.query<Record<string, unknown>>(text)).rows[0];
    return row && Object.values(row)[0];
  } finally {
    await client.end();
  }
}
