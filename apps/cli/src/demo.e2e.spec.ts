import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@hub-export/testing';
import { ROOT } from './site/layout.js';
import { readSiteState } from './site/site-state.file.js';

/** Real: the built command and every process it starts. The folder is another than the clone's, as for a second clone. */

const RUN_LIMIT_MS = 120_000;

interface Run {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly code: Promise<number | null>;
}

// What runs is looked up in /proc.
(existsSync('/proc/self/environ') ? describe : describe.skip)('hub-export demo', () => {
  let folder: string;
  let running: Run[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-demo-'));
    // PostgreSQL may run as another user than we do.
    await chmod(folder, 0o755);
    running = [];
  });

  afterAll(async () => {
    for (const { process } of running) process.kill('SIGKILL');
    await eventually(() => processesOf(folder).length === 0, { what: 'all processes ended', withinMs: 20_000 });
    await rm(folder, { recursive: true, force: true });
  });

  function start(...args: readonly string[]): Run {
    const child = spawn(process.execPath, [join(ROOT, 'apps/cli/dist/main.js'), ...args, '--data', folder], {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NATS_SERVER_BIN: process.env.NATS_SERVER_BIN },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    const code = once(child, 'close').then(([ended]) => ended as number | null);
    const run = { process: child, output: () => Buffer.concat(pieces).toString('utf8'), code };
    running.push(run);
    return run;
  }

  it(
    'sends both samples, verifies them, shows who ordered it, and leaves nothing running',
    async () => {
      const run = start('demo', '--once');
      expect([await run.code, run.output()]).toEqual([
        0,
        expect.stringContaining('2 of 2 resources completed and verified.'),
      ]);
      expect(run.output()).toMatch(/marked +\S+ by Demo operator \(demo-operator\)/);
      expect(run.output()).toMatch(/video: sent 3\.0 MB of 3\.0 MB, 100 %/);
      expect(mediaRequests(folder)).toBe(2);
      expect(processesOf(folder)).toEqual([]);
    },
    RUN_LIMIT_MS,
  );

  it(
    'run again takes the same ports, sends nothing, says where it runs, and is stopped by SIGTERM without a trace',
    async () => {
      const before = readSiteState(join(folder, 'state.json'))?.ports;
      const run = start('demo');
      await said(run, 'Ctrl-C stops');
      expect(run.output().match(/already completed in an earlier run, nothing is sent again/g)).toHaveLength(2);
      expect(mediaRequests(folder)).toBe(2);
      expect(readSiteState(join(folder, 'state.json'))?.ports).toEqual(before);

      const second = start('demo', '--once');
      expect([await second.code, second.output()]).toEqual([2, expect.stringContaining('runs already')]);

      const listed = start('transfers', 'list', '--json');
      expect(await listed.code).toBe(0);
      const transfers = JSON.parse(listed.output()) as { status: string }[];
      expect(transfers.map(({ status }) => status)).toEqual(['completed', 'completed']);

      run.process.kill('SIGTERM');
      expect([await run.code, run.output()]).toEqual([0, expect.stringContaining('Everything is stopped.')]);
      expect(processesOf(folder)).toEqual([]);
      expect(await Promise.all(Object.values(before ?? {}).map(isListening))).toEqual([
        false,
        false,
        false,
        false,
        false,
      ]);
    },
    RUN_LIMIT_MS,
  );

  it(
    'is stopped by SIGTERM in the middle of its start, and leaves nothing running',
    async () => {
      const run = start('demo', '--once');
      await said(run, 'schemas are up to date');
      expect(processesOf(folder).length).toBeGreaterThan(1);
      run.process.kill('SIGTERM');
      expect([await run.code, run.output()]).toEqual([130, expect.stringContaining('Ended by SIGTERM.')]);
      expect(processesOf(folder)).toEqual([]);
    },
    RUN_LIMIT_MS,
  );
});

function said(run: Run, text: string): Promise<unknown> {
  return eventually(() => run.output().includes(text), { what: `the demo says "${text}"`, withinMs: RUN_LIMIT_MS });
}

/** Uploads the hub has seen, by its own journal. */
function mediaRequests(folder: string): number {
  const lines = readFileSync(join(folder, 'hub/journal.jsonl'), 'utf8').trimEnd().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { type: string; step?: string });
  return records.filter(({ type, step }) => type === 'RequestBegun' && step === 'media').length;
}

/**
 * Every process that was told of the folder, or works in it: PostgreSQL and its children work there, services have it
 * in their environment, nats-server on its command line.
 */
function processesOf(folder: string): readonly string[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return numbers.filter((pid) => {
    const told = ['cmdline', 'environ'].some((file) =>
      orEmpty(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')).includes(folder),
    );
    return told || orEmpty(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(folder);
  });
}

/** A process may end while it is being looked at. */
function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
