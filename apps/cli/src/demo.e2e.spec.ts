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
      await playLxAnnotatesPage(`http://localhost:${before?.page}`);

      run.process.kill('SIGTERM');
      expect([await run.code, run.output()]).toEqual([0, expect.stringContaining('Everything is stopped.')]);
      expect(processesOf(folder)).toEqual([]);
      expect(await Promise.all(Object.values(before ?? {}).map(isListening))).toEqual([
        false,
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

/** What lx-annotate's unmodified page does, with a session's cookie and its token: load, mark, unmark, a mark that fails. */
async function playLxAnnotatesPage(origin: string): Promise<void> {
  const signedIn = await fetch(`${origin}/session/dev-sign-in?as=operator`, { redirect: 'manual' });
  const cookies = signedIn.headers.getSetCookie().map((set) => set.split(';')[0] ?? '');
  const csrf = cookies.find((cookie) => cookie.startsWith('csrftoken='))?.slice('csrftoken='.length) ?? '';
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    'x-csrftoken': csrf,
    cookie: cookies.join('; '),
  };
  const overview = async () => {
    const answer = await fetch(`${origin}/endoreg-api/hub-export/overview/?target_node_key=hub`, { headers });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { config_ready: boolean; items: { id: number; outbound_status: string }[] };
  };
  const order = async (act: 'mark' | 'unmark', id: number, as: object = headers) => {
    const body = JSON.stringify({ target_node_key: 'hub', resources: [{ id, resource_kind: 'report' }] });
    const answer = await fetch(`${origin}/endoreg-api/hub-export/${act}/`, {
      method: 'POST',
      headers: { ...as },
      body,
    });
    return [answer.status, (await answer.json()) as Record<string, unknown>] as const;
  };
  const statusOf = async (id: number) => (await overview()).items.find((item) => item.id === id)?.outbound_status;

  expect((await overview()).config_ready).toBe(true);
  expect(await order('mark', 11)).toMatchObject([200, { marked_count: 1, target_node_key: 'hub' }]);
  expect(await statusOf(11)).toBe('marked');
  expect(await order('unmark', 11)).toMatchObject([200, { unmarked_count: 1, target_node_key: 'hub' }]);
  expect(await statusOf(11)).toBe('');
  expect(await order('mark', 16)).toMatchObject([
    400,
    { detail: 'Report 16 is not eligible for hub export. The resource is not anonymized.' },
  ]);
  expect(await order('mark', 11, { ...headers, 'x-csrftoken': 'x'.repeat(43) })).toMatchObject([
    403,
    { code: 'csrf_failed', detail: expect.any(String) },
  ]);
  expect(await order('mark', 11, { ...headers, cookie: `csrftoken=${csrf}` })).toMatchObject([
    401,
    { detail: expect.any(String) },
  ]);
  expect(await statusOf(11)).toBe('');
}
