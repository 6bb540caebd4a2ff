import { eventually } from '@hub-export/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Supervisor } from './supervisor.process.js';

/** Real: processes of the built hub-simulator, which without its variables ends at once and says why. */
describe('the supervisor', () => {
  const plan = { app: 'hub-simulator', environment: {} };
  let logs: string;

  beforeAll(async () => {
    logs = await mkdtemp(join(tmpdir(), 'hub-export-supervisor-'));
  });

  afterAll(() => rm(logs, { recursive: true, force: true }));

  it('gives up at once where a service does not start, and tells its last words', async () => {
    const lines: string[] = [];
    const supervisor = new Supervisor({ logs, say: (line) => lines.push(line) });
    await supervisor.start(plan);
    const { message } = await supervisor.failed;
    expect(message).toMatch(/hub-simulator ended with code 1\..*hub-simulator\.log/);
    expect(message).toContain('NODES_FILE');
    expect(lines).toEqual([]);
    await supervisor.stop();
  });

  it('starts a service again, so often and no more', async () => {
    const lines: string[] = [];
    const supervisor = new Supervisor({ logs, say: (line) => lines.push(line) });
    supervisor.keepRunning(2);
    await supervisor.start(plan);
    await supervisor.failed;
    expect(lines).toEqual([
      'hub-simulator ended with code 1 and is started again (1 of 2)',
      'hub-simulator ended with code 1 and is started again (2 of 2)',
    ]);
    await supervisor.stop();
  });

  it('starts nothing again once it is being stopped', async () => {
    const lines: string[] = [];
    const supervisor = new Supervisor({ logs, say: (line) => lines.push(line) });
    supervisor.keepRunning(100);
    await supervisor.start(plan);
    await eventually(() => lines.length > 0, { what: 'the first restart is announced' });
    await supervisor.stop();
    expect(lines).toHaveLength(1);
    // Whatever was still to come has been waited for.
    await expect(Promise.race([supervisor.failed, Promise.resolve('silent')])).resolves.toBe('silent');
  });

  it('says what to do where a service is not built', async () => {
    const supervisor = new Supervisor({ logs, say: () => undefined });
    await expect(supervisor.start({ app: 'no-such-service', environment: {} })).rejects.toThrow('npm run build');
  });
});
