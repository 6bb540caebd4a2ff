import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendLatency } from '../rows/append-latency.bench.js';
import { measureRow } from './rounds.runner.js';
import { Workbench } from './workbench.server.js';

describe('the bench', () => {
  it('measures a row on a durable server of its own, leaves nothing behind, and tells of a row that breaks', async () => {
    const root = join(await mkdtemp(join(tmpdir(), 'hub-export-bench-')), randomUUID());
    const told: string[] = [];
    const workbench = new Workbench(root, { rounds: 2, seconds: 0.05, size: 0.01 }, (text) => told.push(text));

    const [result] = await measureRow(appendLatency, workbench, (text) => told.push(text));
    expect(result).toMatchObject({ name: 'append.latency', rounds: 2, unit: 'ms p50' });
    expect(result?.ratio).toBeGreaterThan(0);
    expect(told.some((text) => text.includes('round 2 of 2'))).toBe(true);

    let ended = false;
    const broken = {
      name: 'broken',
      prepare: async () => {
        workbench.atEnd(async () => (ended = true));
        throw new Error('no disk');
      },
    };
    expect(await measureRow(broken, workbench, () => undefined)).toMatchObject([{ error: 'no disk', met: false }]);
    expect(ended).toBe(true);

    await workbench.close();
    expect(existsSync(root)).toBe(false);
  });
});
